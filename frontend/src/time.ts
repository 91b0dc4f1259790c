// The day that is shown, and the button that lets the days pass.

import { fill, h } from "./dom";
import { day } from "./numbers";
import { on, shown, state, tell } from "./state";
import { t } from "./words";

const STEP_MS = 350;
const LONGEST_PLAY_MS = 30_000;

export function timeBar(into: HTMLElement): void {
  let timer = 0;
  const slider = h("input", { type: "range", id: "day", min: 0, max: 0, value: 0, step: 1, input: () => go(Number(slider.value)) });
  const play = h("button", { type: "button", id: "play", click: toggle });
  const label = h("output", { id: "date", for: "day" });
  const title = h("label", { for: "day", class: "hidden" });
  fill(into, play, title, slider, label);

  function days(): number {
    return shown()?.dates.length ?? 0;
  }

  function go(next: number): void {
    state.day = next;
    tell("day");
  }

  function toggle(): void {
    if (timer) {
      stop();
      return;
    }
    if (state.day >= days() - 1) go(0);
    const step = Math.min(STEP_MS, LONGEST_PLAY_MS / Math.max(1, days()));
    const skip = Math.max(1, Math.round(50 / step));
    timer = window.setInterval(() => {
      if (state.day >= days() - 1) stop();
      else go(Math.min(days() - 1, state.day + skip));
    }, step * skip);
    paint();
  }

  function stop(): void {
    window.clearInterval(timer);
    timer = 0;
    paint();
  }

  function paint(): void {
    const date = shown()?.dates[state.day];
    slider.max = String(Math.max(0, days() - 1));
    slider.value = String(state.day);
    slider.setAttribute("aria-valuetext", date ? day(date) : "");
    label.textContent = date ? day(date) : "";
    title.textContent = t("day");
    play.textContent = timer ? t("pause") : t("play");
    play.setAttribute("aria-pressed", String(timer !== 0));
  }

  on(["network", "run", "day", "language"], paint);
}
