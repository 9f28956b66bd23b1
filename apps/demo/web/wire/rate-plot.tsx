import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { SPAN_MS } from './wire-record.ts'

const HEIGHT = 110

/** Tokens a second over the time of a run, in seconds. */
export function RatePlot({ spans }: { readonly spans: readonly number[] }) {
  const { t } = useTranslation()
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<UPlot | null>(null)

  useEffect(() => {
    if (box.current === null) return undefined
    const made = new UPlot(optionsFor(box.current), dataOf([]), box.current)
    plot.current = made
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) made.setSize({ width: Math.floor(entry.contentRect.width), height: HEIGHT })
    })
    observer.observe(box.current)
    return () => {
      observer.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [])

  useEffect(() => plot.current?.setData(dataOf(spans)), [spans])

  const most = Math.max(0, ...spans) * (1000 / SPAN_MS)
  return <div ref={box} className="plot" role="img" aria-label={t('wire.plot', { most: Math.round(most) })} />
}

function optionsFor(box: HTMLElement): UPlot.Options {
  const style = getComputedStyle(box)
  const [accent, line, muted] = ['--accent', '--line', '--muted'].map((name) => style.getPropertyValue(name))
  const axis: UPlot.Axis = {
    stroke: muted ?? '',
    grid: { stroke: line ?? '', width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  }
  return {
    width: box.clientWidth,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    scales: { x: { time: false }, y: { range: (_plot, _least, most) => [0, Math.max(10, most * 1.1)] } },
    axes: [
      { ...axis, size: 22, values: (_plot, ticks) => ticks.map((tick) => `${tick} s`) },
      { ...axis, size: 34 },
    ],
    series: [{}, { stroke: accent ?? '', fill: `${accent}22`, width: 2, points: { show: false } }],
  }
}

/** The span that is still filling is left out: it would look like a fall. */
function dataOf(spans: readonly number[]): UPlot.AlignedData {
  const full = spans.slice(0, -1)
  return [full.map((_, i) => ((i + 1) * SPAN_MS) / 1000), full.map((tokens) => (tokens * 1000) / SPAN_MS)]
}
