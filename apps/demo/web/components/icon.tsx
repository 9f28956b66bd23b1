const PATHS = {
  attach: 'M8 12.5 14.5 6a2.8 2.8 0 0 1 4 4L10 18.5a4.6 4.6 0 0 1-6.5-6.5L12 3.5',
  close: 'M5 5l14 14M19 5 5 19',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  delete: 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5',
  edit: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  export: 'M12 4v11M7.5 10.5 12 15l4.5-4.5M5 20h14',
  left: 'M14.5 5 8 12l6.5 7',
  list: 'M4 6h16M4 12h16M4 18h16',
  panel: 'M4 15h3l2.5-8 4 11L16 12l1 3h3',
  right: 'M9.5 5 16 12l-6.5 7',
  again: 'M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4',
} as const

export type IconName = keyof typeof PATHS

/** A drawing that says nothing by itself: the button around it has the name. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="drawing" viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
