// A series with its band, what was reported, and a line for the room there is.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { h } from "./dom";
import { count, day, exact, interval, span } from "./numbers";
import { t } from "./words";
import type { Band, Reported } from "./types";

export interface Series {
  title: string;
  dates: string[];
  band: Band;
  reported: Reported[];
  capacity: (number | null)[] | null;
}

// Okabe & Ito: colours that remain distinct for colour-blind readers
export const BLUE = "#0072B2";
export const ORANGE = "#D55E00";
const GREY = "#555555";
const HEIGHT = 190;

/** What every picture over time has: how wide it is, days in UTC below, numbers at the side, no legend. */
export function overTime(into: HTMLElement) {
  const axes: uPlot.Axis[] = [
    { values: (_, ticks) => ticks.map((tick) => day(date(tick)).replace(/ \d{4}$/, "")) },
    { size: 64, values: (_, ticks) => ticks.map((tick) => exact(tick)) },
  ];
  const tzDate = (stamp: number) => uPlot.tzDate(new Date(stamp * 1000), "Etc/UTC");
  return { width: Math.max(260, into.clientWidth), tzDate, legend: { show: false }, axes };
}

/** The day of a number of seconds since 1970. */
export function date(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** An upright line over the whole height. */
export function upright(plot: uPlot, seconds: number, colour: string): void {
  const x = plot.valToPos(seconds, "x", true);
  plot.ctx.strokeStyle = colour;
  plot.ctx.beginPath();
  plot.ctx.moveTo(x, plot.bbox.top);
  plot.ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
  plot.ctx.stroke();
}

/** Where a chart is drawn, which says what it shows. */
export function chartBox(series: Series, now: number): HTMLElement {
  return h("div", { class: "chart", role: "img", "aria-label": spoken(series, now) });
}

export function draw(into: HTMLElement, series: Series, now: number): uPlot {
  const seconds = series.dates.map((date) => Date.parse(`${date.length === 7 ? `${date}-01` : date}T00:00:00Z`) / 1000);
  const empty = series.dates.map(() => null);
  const marks = series.reported.filter((figure) => figure.days > 0);
  const most = Math.max(0, ...marks.flatMap((figure) => [figure.value ?? 0, figure.high ?? 0].map((value) => value / figure.days)));
  const data = [
    seconds,
    series.band.low ?? empty,
    series.band.high ?? empty,
    series.band.median,
    series.capacity ?? empty,
  ] as unknown as uPlot.AlignedData;
  const value = (_: uPlot, number: number | null) => count(number);
  const options: uPlot.Options = {
    ...overTime(into),
    height: HEIGHT,
    scales: { y: { range: (_, __, top) => [0, Math.max(top ?? 0, most, 1) * 1.08] } },
    series: [
      { label: t("day"), value: (_, stamp: number | null) => (stamp === null ? "–" : day(date(stamp))) },
      { label: "5 %", stroke: "transparent", value },
      { label: "95 %", stroke: "transparent", value },
      { label: series.band.low ? t("median") : t("central_short"), stroke: BLUE, width: 2, value },
      { label: t("capacity"), stroke: GREY, width: 1.5, dash: [6, 4], value, show: series.capacity !== null },
    ],
    bands: [{ series: [2, 1], fill: "rgba(0, 114, 178, 0.2)" }],
    hooks: {
      draw: [
        (plot) => {
          upright(plot, seconds[now] ?? 0, "#999999");
          for (const figure of marks) markReported(plot, seconds, figure);
        },
      ],
    },
  };
  return new uPlot(options, data, into);
}

/** A reported figure, over the days it covers: a point, a bar from the lowest to the highest told, or both. */
function markReported(plot: uPlot, seconds: number[], figure: Reported): void {
  const ctx = plot.ctx;
  const at = (value: number) => plot.valToPos(value / figure.days, "y", true);
  const [first, last] = [Math.max(0, figure.day - figure.days + 1), figure.day].map((day) => plot.valToPos(seconds[day] ?? 0, "x", true)) as [number, number];
  const px = (first + last) / 2;
  ctx.strokeStyle = ctx.fillStyle = ORANGE;
  const line = (x1: number, y1: number, x2: number, y2: number, width: number) => {
    ctx.lineWidth = width * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x1, y1);
    ctx.lineTo(x2, y2);
    ctx.stroke();
  };
  if (figure.low !== null && figure.high !== null) line(px, at(figure.low), px, at(figure.high), 3);
  if (figure.value === null) return;
  if (last > first) line(first, at(figure.value), last, at(figure.value), 2);
  ctx.beginPath();
  ctx.arc(px, at(figure.value), (last > first ? 2.5 : 4) * devicePixelRatio, 0, 2 * Math.PI);
  ctx.fill();
}

/** The reported figures of a chart as text: what they are, of which day, by whom. */
export function reports(series: Series): HTMLElement | null {
  if (series.reported.length === 0) return null;
  const items = series.reported.map((figure) => {
    const end = series.dates[figure.day] ?? "";
    return `${figure.days > 1 ? span(figure.since, end) : day(end)}: ${reportedAs(figure)}${figure.by ? `, ${figure.by}` : ""}`;
  });
  return reportList(items);
}

/** A figure that was reported as text: the value, the range, or that it is withheld. */
export function reportedAs(figure: Reported): string {
  if (figure.withheld) return t("withheld");
  return [figure.value === null ? "" : exact(figure.value), interval(figure.low, figure.high, false)].filter(Boolean).join("; ");
}

export function reportList(items: string[]): HTMLElement {
  return h("details", { class: "reports" }, h("summary", {}, `● ${t("reported")} (${t("observed")}): ${items.length}`), h("ul", {}, ...items.map((item) => h("li", {}, item))));
}

/** The chart in a sentence, for those who do not see it. */
function spoken(series: Series, now: number): string {
  const most = Math.max(...series.band.median);
  const when = series.band.median.indexOf(most);
  return `${series.title}: ${day(series.dates[now] ?? "")} ${count(series.band.median[now] ?? 0)}; max ${count(most)}, ${day(series.dates[when] ?? "")}`;
}
