// The choice of the language, in the page and in a report.

import { h } from "./dom";
import { tell } from "./state";
import { languageNow, speak, t, type Language } from "./words";

export function languageChoice(): HTMLElement {
  const select = h("select", { id: "language", "aria-label": t("language"), change: () => choose(select.value as Language) });
  select.append(h("option", { value: "en", lang: "en" }, "English"), h("option", { value: "es", lang: "es" }, "Español"));
  select.value = languageNow();
  return select;
}

function choose(language: Language): void {
  speak(language);
  tell("language");
  document.getElementById("language")?.focus();
}
