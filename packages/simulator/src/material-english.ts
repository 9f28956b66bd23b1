import type { Material } from './material.ts'

/** What the simulator talks about in English. Every section stands alone, so that they can come in any order. */
export const ENGLISH: Material = {
  title: 'Water, Words and Towers',
  opening:
    'This is the simulator speaking: nobody was asked, nothing was looked up, and every word below was written in advance. It comes at the pace of a real model, so that you can watch it flow, and stop it.',
  closing: 'That is all the water in the lock. Ask again, and the gates will open in the same order as before.',
  blank: ' ',
  sections: [
    {
      title: 'What a sluice does',
      about: /sluice|gate|water|river/i,
      sentences: [
        'A sluice is a gate that slides up and down in a frame and decides how much water may pass.',
        'It has no opinion about where the water comes from, only about when it has been enough.',
        'A good one closes against the full weight of the river, and closes completely.',
        'A poor one leaks a little all night, and in the morning somebody has to pay for the lost water.',
        'Millers knew this well, for the wheel earned nothing from what slipped past it.',
        'So the test of a sluice was never how wide it opened, but how dry the channel was once it had shut.',
      ],
    },
    {
      title: 'Rooms for boats',
      about: /lock|canal|boat|ship/i,
      sentences: [
        'A lock is a room for boats whose floor is water and whose two doors are never open at once.',
        'The first chamber of this kind that history remembers was built on the Grand Canal of China in the year 984.',
        'Before it, boats were hauled over ramps with ropes, and many broke in the middle.',
        'Five centuries later the mitre gate arrived, whose two leaves meet at an angle and are pressed shut by the water itself.',
        'The idea is lovely: the harder the river pushes, the tighter the door holds.',
        'The Panama Canal still climbs its 26 metres that way, one room after another.',
      ],
    },
    {
      title: 'How to read a stream',
      about: /stream|event|token|server|software|code/i,
      sentences: [
        'A stream of events is plain text, and an empty line says that one event is over.',
        'The network does not know this, and cuts the text wherever a packet happens to be full.',
        'A reader must therefore be ready to wait in the middle of a word, of a letter, or of a line break.',
        'It keeps what is unfinished, adds what comes next, and hands on only what is whole.',
        'Done well, the cuts leave no trace, and the text reads as if it had come in one piece.',
        'The smallest useful event looks like this:',
      ],
      block: '```text\nid: 7\ndata: {"delta":"water"}\n\n```',
    },
    {
      title: 'Why stopping is hard',
      about: /stop|cancel|abort|bill|cost/i,
      sentences: [
        'To stop listening is easy: you close your ears, and the speaker talks on to an empty room.',
        'To stop the speaker, the wish has to travel the whole way back to where the words are made.',
        'Between the page and the model there stand a browser, a server and often a proxy or two.',
        'Each of them can lose the message, and each of them can go on paying without telling anyone.',
        'That is why an honest stop ends with an answer: the socket has closed, and so many tokens were used.',
        'Everything less is a curtain drawn over a running tap.',
      ],
    },
    {
      title: 'The tallest rooms with a view',
      about: /tall|high|tower|building|skyscraper|city/i,
      sentences: [
        'Tall buildings are canals turned upright: people are locked into small rooms and lifted to another level.',
        'For more than sixty years in a row the tallest of them stood in New York, and then the race moved on.',
        'What limits them is seldom the stone or the steel, but the time that one spends in the lift.',
        'High up the wind counts for more than the weight, so the great towers twist, taper or open holes for it.',
        'Some carry a heavy ball near the top that swings against every gust.',
        'The five tallest, measured to the tip of their architecture, are these:',
      ],
      block: [
        '| Building | City | Height |',
        '| --- | --- | --- |',
        '| Burj Khalifa | Dubai | 828 m |',
        '| Merdeka 118 | Kuala Lumpur | 679 m |',
        '| Shanghai Tower | Shanghai | 632 m |',
        '| Clock Towers | Mecca | 601 m |',
        '| Ping An Finance Centre | Shenzhen | 599 m |',
      ].join('\n'),
    },
    {
      title: 'Keeping a level',
      about: /keep|level|work|guide|tutorial|how/i,
      sentences: [
        'A canal that is left alone runs dry in summer and runs over in spring.',
        'Its level is kept by many small acts that nobody notices while they are done.',
        'The keeper walks the bank at dawn, reads the gauges and opens a paddle by the width of a hand.',
        'She writes down what she did, because tomorrow another keeper will have to trust it.',
        'A gauge that flatters is worse than no gauge at all.',
        'Her list for the day is short:',
      ],
      block: [
        '- read every gauge *before* touching a gate',
        '- clear the leaves from the grating',
        '- close what was opened, and check that it **is** closed',
        '- write the numbers down as they are',
      ].join('\n'),
    },
    {
      title: 'A story from the towpath',
      about: /story|tale|once|novel|chapter/i,
      sentences: [
        'Once a barge loaded with letters came to a lock at night and found the keeper asleep.',
        'The skipper did not ring, for he was a polite man, and sat down to wait on a bollard.',
        'At midnight the upper gate was opened by a heron, or so he told it later, and the barge went through on its own.',
        'He ran beside it in the dark, counting the letters aloud so that none should be lost.',
        'At the next bridge he had reached nine hundred and four, stepped aboard, and found the same number in the hold.',
        'Since then the skippers of that canal count as they go, and nobody laughs at them.',
      ],
    },
    {
      title: 'Coming back after a break',
      about: /resume|reload|again|back|rejoin/i,
      sentences: [
        'Whoever leaves a story in the middle wants to return to the very word at which he left.',
        'A bookmark is enough, provided that the pages are numbered and that nobody tears them out.',
        'Numbered events are such pages, and the last number seen is the bookmark.',
        'The one who tells the story keeps the recent pages at hand and begins after the mark.',
        'If the page has gone, he says so, instead of quietly starting somewhere else.',
        'A reader forgives a gap that was named far sooner than a gap that was hidden.',
      ],
    },
    {
      title: 'What water teaches',
      about: /life|nature|poem|essay|teach|learn/i,
      sentences: [
        'Water never hurries, and yet it arrives everywhere.',
        'It takes the shape of each vessel and keeps no grudge against the narrow ones.',
        'Held back, it rises patiently until somebody has to think of it.',
        'Let go all at once, it ruins the fields that it was meant to feed.',
        'The whole craft of canals lies between these two, in giving exactly as much as the next reach can hold.',
        'Engineers call this backpressure, and gardeners call it common sense.',
      ],
    },
  ],
}
