// The fan of a forecast: median, 50, 80 and 95 % intervals, and what was counted before and after it was made.

import uPlot from "uplot";
import { BLUE, date, ORANGE, overTime, reportedAs, reportList, upright } from "./chart";
import { h } from "./dom";
import { count, day, interval } from "./numbers";
import { t, told } from "./words";
import type { Fan, Forecast, Reported } from "./types";

const HEIGHT = 200;
const DAY = 86_400;
const PAIRS = [[0, 6, 0.15], [1, 5, 0.2], [2, 4, 0.3]] as const;
const MEDIAN = 3;

function dateOf(forecast: Forecast, number: number): string {
  return date(startOf(forecast) + number * DAY);
}

function startOf(forecast: Forecast): number {
  return Date.parse(`${forecast.network.start}T00:00:00Z`) / 1000;
}

export function drawFan(into: HTMLElement, forecast: Forecast, fan: Fan): uPlot {
  const start = startOf(forecast);
  const counted = fan.reported.filter((one) => one.value !== null && one.day <= forecast.last_day);
  const days = [...new Set([...counted.map((one) => one.day), forecast.origin_day, ...fan.days])].sort((a, b) => a - b);
  const rows = fan.quantiles.map((own) => {
    const at = new Map(fan.days.map((number, i) => [number, own[i] ?? null]));
    return days.map((number) => at.get(number) ?? null);
  });
  const most = Math.max(1, ...fan.quantiles.flat(), ...counted.map((one) => one.value ?? 0));
  const hidden = (row: number): uPlot.Series => ({ label: `${100 * (forecast.levels[row] ?? 0)} %`, stroke: "transparent", spanGaps: true });
  const shown = [...PAIRS.flatMap(([low, high]) => [low, high]), MEDIAN];
  const options: uPlot.Options = {
    ...overTime(into),
    height: HEIGHT,
    scales: { y: { range: () => [0, most * 1.08] } },
    series: [{ label: t("day") }, ...shown.map((row) => (row === MEDIAN ? { label: t("median"), stroke: BLUE, width: 2, spanGaps: true } : hidden(row)))],
    bands: PAIRS.map(([, , opacity], pair) => ({ series: [2 * pair + 2, 2 * pair + 1] as [number, number], fill: `rgba(0, 114, 178, ${opacity})` })),
    hooks: {
      draw: [
        (plot) => {
          plot.ctx.setLineDash([4, 4]);
          upright(plot, start + forecast.origin_day * DAY, "#767676");
          plot.ctx.setLineDash([]);
          for (const one of counted) point(plot, start + one.day * DAY, one, one.day <= forecast.origin_day);
        },
      ],
    },
  };
  return new uPlot(options, [days.map((number) => start + number * DAY), ...shown.map((row) => rows[row] ?? [])] as unknown as uPlot.AlignedData, into);
}

/** What was counted: filled where it was known, hollow where it came later. */
function point(plot: uPlot, x: number, figure: Reported, known: boolean): void {
  const ctx = plot.ctx;
  ctx.strokeStyle = ctx.fillStyle = ORANGE;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.beginPath();
  ctx.arc(plot.valToPos(x, "x", true), plot.valToPos(figure.value ?? 0, "y", true), 2.5 * devicePixelRatio, 0, 2 * Math.PI);
  if (known) ctx.fill();
  else ctx.stroke();
}

/** The last day of a fan as a sentence: the median and the intervals. */
function inWords(forecast: Forecast, fan: Fan): string {
  const last = fan.days.length - 1;
  const at = (row: number) => fan.quantiles[row]?.[last] ?? null;
  const ranges = PAIRS.map(([low, high]) => interval(at(low), at(high)));
  return t("fan_ends", { date: day(dateOf(forecast, fan.days[last] ?? 0)), median: count(at(MEDIAN)), half: ranges[2] ?? "", most: ranges[1] ?? "", all: ranges[0] ?? "" });
}

export function fanFigure(forecast: Forecast, fan: Fan): { figure: HTMLElement; box: HTMLElement } {
  const box = h("div", { class: "chart", role: "img", "aria-label": `${told(fan.title, fan.name)}: ${inWords(forecast, fan)}` });
  const figure = h("figure", {}, h("figcaption", {}, `${told(fan.title, fan.name)} (${t("simulated")})`), box, h("p", { class: "note" }, inWords(forecast, fan)), counts(forecast, fan));
  return { figure, box };
}

/** What was counted, as text: before the forecast was made, and after. */
function counts(forecast: Forecast, fan: Fan): HTMLElement | null {
  const within = fan.reported.filter((one) => one.day <= forecast.last_day);
  if (within.length === 0) return null;
  return reportList(within.map((one) => `${day(dateOf(forecast, one.day))}: ${reportedAs(one)}${one.by ? `, ${one.by}` : ""}${one.day > forecast.origin_day ? ` (${t("came_later")})` : ""}`));
}
