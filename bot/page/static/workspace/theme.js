// Light or dark: the system's choice until the reader makes one, which this browser remembers.
import { useEffect, useState } from "../html.js";

const KEY = "deskhand theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** `[theme, toggle]`, theme "light" or "dark" as it is shown. */
export function useTheme() {
  const [chosen, setChosen] = useState(localStorage.getItem(KEY));
  const [system, setSystem] = useState(dark.matches ? "dark" : "light");
  useEffect(() => {
    const changed = () => setSystem(dark.matches ? "dark" : "light");
    dark.addEventListener("change", changed);
    return () => dark.removeEventListener("change", changed);
  }, []);
  useEffect(() => {
    if (chosen) document.documentElement.dataset.theme = chosen;
    else delete document.documentElement.dataset.theme;
  }, [chosen]);
  const shown = chosen ?? system;
  const toggle = () => {
    const next = shown === "dark" ? "light" : "dark";
    localStorage.setItem(KEY, next);
    setChosen(next);
  };
  return [shown, toggle];
}
