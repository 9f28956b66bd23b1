import { CHINESE } from './material-chinese.ts'
import { ENGLISH } from './material-english.ts'
import type { Material, Section } from './material.ts'
import { tokenize } from './tokens.ts'

/** Words that ask for a long answer. They are looked for, not understood: "how long is a mile" asks for one, too. */
const ASKS_FOR_LONG: readonly RegExp[] = [
  /\b(?:long|longer|longest|lengthy|length|detail(?:s|ed)?|in[- ]depth|comprehensive|thorough(?:ly)?|everything)\b/i,
  /\b(?:essay|story|stories|tale|novel|article|report|chapter|history|guide|tutorial|step[- ]by[- ]step)s?\b/i,
  /\b(?:tallest|highest)\b/i,
  /\b[1-9]\d{2,}[- ](?:words?|tokens?|lines?|sentences?)\b/i,
  /[长長]|[详詳][细細]|故事|小[说說]|文章|作文|[论論]文|[报報]告|[历歷]史|教程|指南|最高|全面|深入|\d{3,}\s*[个個]?字/u,
]

/** How many sentences of one section make a short answer. */
const SHORT_SENTENCES = 4

/**
 * The tokens of the simulator's answer to a prompt: the same for the same prompt, always. Joined they are the Markdown text.
 *
 * A prompt that asks for a long answer (by words such as long, detailed, essay, story, guide, tallest, "800 words", 长,
 * 详细, 故事, 文章, 历史, 最高) gets 900 to 1,500 tokens, every other one 60 to 120. A prompt with Han characters is
 * answered in Chinese, every other one in English. Each sentence ends with its running number, such as `[12]`, so that a
 * lost or doubled piece shows.
 */
export function simulatedAnswer(prompt: string): readonly string[] {
  const material = /\p{Script=Han}/u.test(prompt) ? CHINESE : ENGLISH
  const sections = orderSections(material.sections, prompt)
  const asksForLong = ASKS_FOR_LONG.some((words) => words.test(prompt))
  return tokenize(asksForLong ? longAnswer(material, sections) : shortAnswer(material, sections))
}

function longAnswer({ title, opening, closing, blank }: Material, sections: readonly Section[]): string {
  let count = 0
  const parts = sections.map(({ title: heading, sentences, block }, index) => {
    const text = numberSentences(sentences, count, blank)
    count += sentences.length
    return [`## ${index + 1}. ${heading}`, text, ...(block === undefined ? [] : [block])].join('\n\n')
  })
  return [`# ${title}`, opening, ...parts, closing].join('\n\n') + '\n'
}

function shortAnswer({ blank }: Material, [first]: readonly Section[]): string {
  if (first === undefined) return ''
  return `**${first.title}**\n\n${numberSentences(first.sentences.slice(0, SHORT_SENTENCES), 0, blank)}`
}

function numberSentences(sentences: readonly string[], before: number, blank: string): string {
  return sentences.map((sentence, index) => `${sentence}${blank}[${before + index + 1}]`).join(blank)
}

/** Sections that the prompt speaks of come first; the rest follows in an order that the prompt decides. */
function orderSections(sections: readonly Section[], prompt: string): readonly Section[] {
  const shift = hash(prompt) % sections.length
  const turned = [...sections.slice(shift), ...sections.slice(0, shift)]
  return [...turned.filter(({ about }) => about.test(prompt)), ...turned.filter(({ about }) => !about.test(prompt))]
}

/** FNV-1a over UTF-16 code units: any spread does, as long as it never changes. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0
  }
  return value
}
