// What policies change: a picture of the intervals, and every number in a table.

import { h, fill, table } from "./dom";
import { simulated, type Told } from "./inlined";
import { chance } from "./likelihood";
import { count, exact, interval, signed } from "./numbers";
import { grouped, still } from "./summary";
import { policyTitle, t, title, type Key } from "./words";
import type { Case, Difference } from "./types";

const LABEL_PERCENT = 20; // of a scale: nearer to its end than this, its zero has no room for words
const DRAWN = ["died", "separated", "turned_away", "days_detained", "detained", "returned", "gave_up", "admitted", "arrived", "departed"];

export function paintPolicies(into: HTMLElement, report: Told): void {
  const every = grouped(report.cases);
  if (every.length === 0) return;
  const notes = h("p", { class: "note" }, `${t("by_definition")}. ${t("sign_open")}.`);
  fill(into, h("h2", {}, t("compared")), ...every.flatMap((cases) => [picture(report, cases), numbers(report, cases)]), notes);
}

function rowOf(one: Case, name: string): Difference | undefined {
  return one.differences.find((row) => row.name === name);
}

function names(report: Told, one: Case) {
  return { after: policyTitle(report.network.policies, one.policy), before: policyTitle(report.network.policies, one.reference) };
}

function numbers(report: Told, cases: Case[]): HTMLElement {
  const [first] = cases as [Case];
  const moved = first.differences.filter((row) => cases.some((one) => !still(rowOf(one, row.name) ?? row)));
  const rows = moved.map((row) => {
    const own = cases.map((one) => rowOf(one, row.name) ?? row);
    const marks = `${own.some((other) => other.by_definition) ? " *" : ""}${own.some((other) => other.sign_open) ? " †" : ""}`;
    const plain = row.deaths ? exact : count;
    return [title(report.run.quantities, row.name, row.title) + marks, plain(row.before), ...cases.map((one, number) => cell(one, own[number] as Difference))];
  });
  const head = [t("what"), t("before"), ...cases.map((one) => t(`response_${one.response}` as Key))];
  const caption = simulated(t("differences_over", { ...names(report, first), n: first.replicates }));
  const same = first.differences.filter((row) => !moved.includes(row)).map((row) => title(report.run.quantities, row.name, row.title));
  const held = table(caption, head, rows);
  if (same.length) held.append(h("p", { class: "note" }, t("the_same", { what: same.join("; ") })));
  return held;
}

function cell(one: Case, row: Difference): HTMLElement {
  const few = !row.deaths;
  const more = one.replicates < 2 || still(row) ? [] : [interval(row.low, row.high, few), row.sign_open ? "" : t("more_is", { chance: chance(row.probability, one.replicates) })];
  return h("span", {}, signed(row.median, few), row.sign_open ? " †" : "", ...more.filter(Boolean).map((text) => h("small", {}, text)));
}

/** Intervals of the change, in per cent of the median before, one bar for each way people respond. */
function picture(report: Told, cases: Case[]): HTMLElement {
  const [first] = cases as [Case];
  const rows = DRAWN.flatMap((name) => {
    const row = rowOf(first, name);
    return row && row.before >= 10 && cases.some((one) => !still(rowOf(one, name) ?? row)) ? [row] : [];
  });
  if (rows.length === 0) return h("div", {});
  const shares = (row: Difference, one: Case) => {
    const own = rowOf(one, row.name) ?? row;
    const ends = one.replicates > 1 ? [own.low, own.high] : [own.median, own.median];
    return [...ends, own.median].map((value) => (100 * value) / row.before) as [number, number, number];
  };
  const all = rows.flatMap((row) => cases.flatMap((one) => shares(row, one)));
  const [least, most] = [Math.min(0, ...all), Math.max(0, ...all)];
  const place = (share: number) => (100 * (share - least)) / (most - least || 1);
  const bars = rows.map((row) => {
    const gauge = h("div", { class: "gauge" }, line(place(0), "zero"));
    cases.forEach((one, number) => {
      const [low, high, median] = shares(row, one);
      gauge.append(band(place(low), place(high), number, cases.length), tick(place(median), number, cases.length));
    });
    return [h("span", {}, title(report.run.quantities, row.name, row.title) + (row.sign_open ? " †" : "")), gauge];
  });
  const scaled = [least, 0, most].filter((share) => share !== 0 || Math.min(place(0), 100 - place(0)) >= LABEL_PERCENT || share === least || share === most);
  const scale = h("div", { class: "gauge scale" }, ...scaled.map((share) => at(h("span", {}, `${signed(Math.round(share), false)} %`), place(share))));
  const keys = cases.map((one, number) => h("span", {}, h("span", { class: `key case-${number}` }), ` ${t(`response_${one.response}` as Key)} `));
  const words = simulated(t("change_in_percent", names(report, first)));
  return h("figure", { class: "changes" }, h("figcaption", {}, words), h("div", { class: "gauges", "aria-hidden": "true" }, ...bars.flat(), h("span", {}), scale), h("p", { class: "note" }, ...(cases.length > 1 ? keys : []), t("bars_mean")));
}

function at<T extends HTMLElement>(element: T, left: number): T {
  element.style.left = `${left}%`;
  return element;
}

function line(left: number, name: string): HTMLElement {
  return at(h("span", { class: name }), left);
}

function level(element: HTMLElement, number: number, of: number): HTMLElement {
  element.style.top = `${(100 * number) / of}%`;
  element.style.height = `${100 / of}%`;
  return element;
}

function band(low: number, high: number, number: number, of: number): HTMLElement {
  const made = at(h("span", { class: `band case-${number}` }), low);
  made.style.width = `${Math.max(0.4, high - low)}%`;
  return level(made, number, of);
}

function tick(median: number, number: number, of: number): HTMLElement {
  return level(line(median, "tick"), number, of);
}
