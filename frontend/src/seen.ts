// Pictures are drawn when they come into view, or are printed: what nobody sees costs nothing.

import type uPlot from "uplot";

export interface Picture {
  box: HTMLElement;
  draw(): uPlot;
}

/** Shows pictures in place of those before. One where the last was in view is drawn at once, so that nothing flickers. */
export function pictures(): (next: Picture[]) => void {
  let shown: Picture[] = [];
  const plots = new Map<Picture, uPlot>();
  const inView = new Set<number>();
  const drawOnce = (picture: Picture) => plots.has(picture) || plots.set(picture, picture.draw());
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const number = shown.findIndex((one) => one.box === entry.target);
      const picture = shown[number];
      if (!picture) continue;
      inView[entry.isIntersecting ? "add" : "delete"](number);
      if (entry.isIntersecting) drawOnce(picture);
    }
  });
  window.addEventListener("beforeprint", () => shown.forEach(drawOnce));
  return (next) => {
    observer.disconnect();
    plots.forEach((plot) => plot.destroy());
    plots.clear();
    shown = next;
    shown.forEach((picture, number) => {
      if (inView.has(number)) drawOnce(picture);
      observer.observe(picture.box);
    });
  };
}
