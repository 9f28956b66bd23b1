interface HeaderProps {
  readonly provider: string
  readonly onNewChat: () => void
}

export function Header({ provider, onNewChat }: HeaderProps) {
  return (
    <header className="header">
      <img className="logo" src="/favicon.svg" alt="" width="28" height="28" />
      <h1>Sluice</h1>
      <p className="provider">answers come from {provider}</p>
      <button type="button" className="quiet" onClick={onNewChat}>
        New chat
      </button>
    </header>
  )
}
