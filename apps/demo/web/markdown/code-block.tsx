import { isValidElement, useRef, type ReactNode } from 'react'
import { CopyButton } from '../components/copy-button.tsx'

/** Code with its language and a button that copies it. */
export function CodeBlock({ children }: { readonly children?: ReactNode }) {
  const pre = useRef<HTMLPreElement>(null)
  return (
    <div className="code">
      <div className="code-bar">
        <span>{languageOf(children)}</span>
        <CopyButton text={() => pre.current?.textContent ?? ''} />
      </div>
      {/* Long lines scroll, and a keyboard scrolls what has the focus. */}
      <pre ref={pre} tabIndex={0}>
        {children}
      </pre>
    </div>
  )
}

function languageOf(children: ReactNode): string {
  if (!isValidElement<{ readonly className?: string }>(children)) return ''
  return /(?:^| )language-(\S+)/.exec(children.props.className ?? '')?.[1] ?? ''
}
