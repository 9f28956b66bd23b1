const STARTERS = [
  'Explain how to build the tallest building ever, in detail',
  'Tell me a long story about a canal',
  'What is a sluice?',
]

export function Welcome({ onStarter }: { readonly onStarter: (text: string) => void }) {
  return (
    <div className="welcome">
      <h2>
        <span>Ask for something long.</span> <span>Then press Stop.</span>
      </h2>
      <p>
        Stop while the answer streams, and the meter shows when the model’s connection closed and how much was never
        billed. Or reload the page in mid-answer, or open its address in a second tab: the answer goes on without a lost
        or doubled word.
      </p>
      <ul className="starters" aria-label="Messages to start with">
        {STARTERS.map((text) => (
          <li key={text}>
            <button type="button" onClick={() => onStarter(text)}>
              {text}
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
