// The page's own line icons, 20 by 20, drawn in the text's colour.
import { html } from "./html.js";

const PATHS = {
  hash: "M7.5 3 6 17M14 3l-1.5 14M3.5 7.500h13.500M3 12.500h13.5",
  lock: "M5 9h10v8H5zM7 9V6.500a3 3 0 0 1 6 0V9",
  plus: "M10 4v12M4 10h12",
  close: "m5 5 10 10M15 5 5 15",
  back: "m12 4-6 6 6 6",
  reply: "M3.5 4.500h13v9H9l-4 3.500v-3.500H3.500z",
  smile:
    "M10 2.500a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15ZM7.300 8v.2M12.700 8v.2M6.800 11.700a4 4 0 0 0 6.400 0",
  more: "M4.5 10h.2M10 10h.2M15.5 10h.2",
  edit: "m4 16 .8-3.300L13.5 4l2.5 2.5-8.700 8.700zM12 5.5 14.5 8",
  trash: "M4 5.500h12M8 5.500V3.500h4v2M5.5 5.500l.8 11h7.400l.8-11",
  send: "M3.5 3.5 17 10 3.5 16.5 5.5 10zM5.5 10H11",
  file: "M5 2.500h6.500L15 6v11.500H5zM11.5 2.500V6H15",
  clip: "m14.5 9.5-5 5a3 3 0 0 1-4.300-4.300l6-6a2 2 0 0 1 2.900 2.900l-6 6a1 1 0 0 1-1.400-1.400l5.200-5.200",
  search: "M8.700 3.500a5.200 5.200 0 1 1 0 10.400 5.200 5.200 0 0 1 0-10.400ZM12.600 12.600 16.5 16.5",
  sun: "M10 6.500a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7ZM10 1.800v1.700M10 16.500v1.700M1.800 10h1.700M16.5 10h1.700M4.200 4.200l1.200 1.200M14.600 14.600l1.200 1.200M15.800 4.200l-1.200 1.200M5.400 14.600l-1.200 1.200",
  moon: "M16 12.300A6.800 6.800 0 0 1 7.700 4a6.800 6.800 0 1 0 8.300 8.300Z",
  bolt: "M11 2 4 11.500h5L8.5 18 16 8h-5.500z",
  trace: "M3 5h8M3 10h13M7 15h8",
  people:
    "M7.5 4a2.800 2.800 0 1 1 0 5.600 2.800 2.800 0 0 1 0-5.600ZM2.5 16a5 5 0 0 1 10 0M13 4.400a2.600 2.600 0 0 1 0 4.900M14.5 11.700A4.600 4.600 0 0 1 17.5 16",
  chevron: "m6 8 4 4 4-4",
  stop: "M6 6h8v8H6z",
  home: "M3.5 9 10 3.5 16.5 9v7.500h-4.500v-4.500h-4v4.500H3.500z",
  link: "M8.5 11.500a3 3 0 0 0 4.300 0l2.700-2.700a3 3 0 0 0-4.300-4.300l-1 1M11.5 8.500a3 3 0 0 0-4.300 0l-2.700 2.700a3 3 0 0 0 4.300 4.300l1-1",
};

/** A decorative icon; what it does is said by the control around it. */
export function Icon({ name, size = 18 }) {
  return html`<svg class="icon" viewBox="0 0 20 20" width=${size} height=${size} aria-hidden="true">
    <path d=${PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" />
  </svg>`;
}

/** The product's mark: an open hand holding a line of text. */
export function Mark({ size = 36 }) {
  return html`<svg class="mark" viewBox="0 0 36 36" width=${size} height=${size} aria-hidden="true">
    <rect width="36" height="36" rx="9" class="mark-ground" />
    <path d="M10 11.500h16M10 16.500h11" class="mark-line" />
    <path d="M7.5 22.500c3.5-.8 6-.2 8 1.700l3.700.2c1.900.2 2 2.300.2 2.500l-4.400.5M20.5 24.700l5.600-2.300c1.700-.6 2.900 1.300 1.400 2.5-3.200 2.600-6 4.600-9.5 4.600-3.400 0-6.5-1.5-10.5-1.200" class="mark-hand" />
  </svg>`;
}
