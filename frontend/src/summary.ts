// A report in plain words: what was simulated, what was reported, what is assumed, what policies change, what is not known.

import { fill, h, mark } from "./dom";
import { allTold, type Report } from "./inlined";
import { reportedAs } from "./chart";
import { count, day, exact, interval, signed, span } from "./numbers";
import { chance } from "./likelihood";
import { inline, policyTitle, spaced, t, title, told, type Key } from "./words";
import type { Case, Difference, Quantity, Reported } from "./types";

const TOLD = ["departed", "arrived", "returned", "detained", "died", "separated", "turned_away"];
const MOST_NAMED = 12;
const ROUGH = 100; // fewer replicates than these give ends of 90 % intervals that are hardly more than the extremes

export function paintSummary(into: HTMLElement, report: Report): void {
  const items = [...totals(report), reported(report), assumed(report)];
  const policies = grouped(report.cases).flatMap((cases) => policy(report, cases));
  const [first = "", last = ""] = [report.run.dates[0], report.run.dates[report.run.dates.length - 1]];
  fill(into, h("h2", {}, `${t("summary")}: ${span(first, last)}`), h("ul", {}, ...items.map((item) => h("li", {}, ...item))), ...policies);
}

type Item = (string | HTMLElement)[];

function totals(report: Report): Item[] {
  return TOLD.flatMap((name) => {
    const total = report.run.totals.find((one) => one.name === name);
    if (!total?.modelled) return [];
    const range = interval(total.low, total.high, !total.deaths);
    const most = total.deaths ? exact(total.median) : count(total.median);
    return [[`${title(report.run.quantities, name, total.title)}: `, h("strong", {}, most), range ? ` (${inline("interval_90")}: ${range}) ` : " ", mark("simulated")]];
  });
}

function reported(report: Report): Item {
  const every = report.run.quantities.flatMap((quantity) => quantity.reported).filter((figure) => figure.answer && figure.answer.inside !== null);
  if (every.length === 0) return [t(report.run.quantities.some((one) => one.reported.length) ? "reported_central" : "reported_none")];
  const inside = every.filter((figure) => figure.answer?.inside).length;
  return [`${t("reported_inside", { n: every.length, k: inside })} `, mark("observed")];
}

function assumed(report: Report): Item {
  const open = report.parameters.filter((one) => one.low !== null);
  if (open.length === 0) return [t("assumed_none")];
  const judged = open.filter((one) => ["", "assumption"].includes(one.source)).length;
  const items: Item = [`${t("assumed_open", { n: open.length, k: judged })} `, mark("assumed")];
  const first = ["died", ...TOLD].flatMap((name) => report.tornado.filter((one) => one.name === name))[0] ?? report.tornado[0];
  const mover = first?.movers[0];
  if (first && mover) {
    const what = { what: title(report.run.quantities, first.name, first.title), parameter: spaced(mover.parameter), low: count(mover.at_low), high: count(mover.at_high) };
    items.push(` ${t("moved_most", what)} `, mark("simulated"));
  }
  return items;
}

/** The cases of each policy together, one for each way people respond. */
export function grouped(cases: Case[]): Case[][] {
  const found = new Map<string, Case[]>();
  for (const one of cases) found.set(one.policy, [...(found.get(one.policy) ?? []), one]);
  return [...found.values()];
}

function policy(report: Report, cases: Case[]): HTMLElement[] {
  const [first] = cases;
  if (!first) return [];
  const names = { after: policyTitle(report.network.policies, first.policy), before: policyTitle(report.network.policies, first.reference) };
  const rows = first.differences.filter((row) => TOLD.includes(row.name) && !row.by_definition);
  const items = rows.map((row) => h("li", {}, `${title(report.run.quantities, row.name, row.title)}: `, ...sentence(cases, row), " ", mark("simulated")));
  return [h("h3", {}, t("instead", names)), h("ul", {}, ...items)];
}

function sentence(cases: Case[], row: Difference): Item {
  const own = cases.map((one) => ({ ...one, row: one.differences.find((other) => other.name === row.name) ?? row }));
  if (own.some((one) => one.row.sign_open)) return [t("sign_not_claimed")];
  return own.flatMap((one, number) => {
    const words = number ? `; ${t(`response_${one.response}` as Key)}: ` : "";
    return [words, h("strong", {}, still(one.row) ? t("no_change") : signed(one.row.median, !row.deaths)), still(one.row) ? "" : ` (${spread(one, one.row)})`];
  });
}

/** How sure a difference is: its interval, and how likely it is above zero, in words and as a number. */
function spread(one: Case, row: Difference): string {
  if (one.replicates < 2) return t("one_run");
  const range = `${inline("interval_90")}: ${interval(row.low, row.high, !row.deaths)}`;
  return row.sign_open ? range : `${range}; ${t("more_is", { chance: chance(row.probability, one.replicates) })}`;
}

export function still(row: Difference): boolean {
  return row.median === 0 && row.low === 0 && row.high === 0;
}

export function paintUnknown(into: HTMLElement, report: Report): void {
  const own = report.run.quantities.filter((one) => one.name !== "present");
  const outside = own.filter((one) => one.reported.some((figure) => figure.answer?.inside === false));
  const silent = own.filter((one) => one.reported.length === 0);
  const missing = report.run.totals.filter((one) => !one.modelled);
  const judged = report.parameters.filter((one) => one.low !== null && ["", "assumption"].includes(one.source));
  const open = grouped(report.cases).flatMap((cases) => cases.slice(0, 1)).filter((one) => one.differences.some((row) => row.sign_open));
  const few = report.run.kind === "ensemble" && report.run.replicates < ROUGH;
  const unknown = report.cases.length > 0 || report.run.totals.some((one) => one.deaths && one.modelled);
  const names = (quantities: Quantity[]) => listed(quantities.map((one) => told(one.title, one.name)));
  const items = [
    unknown ? t("limit_unknown") : "",
    open.length ? t("unknown_deaths", { what: listed(open.map((one) => policyTitle(report.network.policies, one.policy))) }) : "",
    outside.length ? t("unknown_outside", { what: names(outside) }) : "",
    silent.length ? t("unknown_silent", { what: names(silent) }) : "",
    missing.length ? t("unknown_missing", { what: listed(missing.map((one) => title(report.run.quantities, one.name, one.title))) }) : "",
    judged.length ? t("unknown_judged", { what: listed(judged.map((one) => spaced(one.name))) }) : "",
    few ? t("unknown_few", { n: report.run.replicates }) : "",
  ];
  fill(into, h("h2", {}, t("unknown")), h("ul", {}, ...items.filter(Boolean).map((item) => h("li", {}, item))));
}

function listed(names: string[]): string {
  const shown = names.slice(0, MOST_NAMED).join("; ");
  return names.length > MOST_NAMED ? `${shown}; ${t("and_more", { n: names.length - MOST_NAMED })}` : shown;
}

/** Every figure reported, beside what was simulated for the same days. */
export function paintReported(into: HTMLElement, report: Report): void {
  const rows = report.run.quantities.flatMap((quantity) => quantity.reported.map((figure) => row(report, quantity, figure)));
  if (rows.length === 0) return;
  const head = [t("what"), t("day"), `${t("reported")} (${t("observed")})`, `${t("median")}, ${t("interval_90")} (${t("simulated")})`, t("inside"), t("reported_by")];
  fill(into, allTold(t("reported_title"), t("reported_title"), head, rows, [0, 1, 4, 5]));
}

function row(report: Report, quantity: Quantity, figure: Reported): string[] {
  const end = report.run.dates[figure.day] ?? "";
  const when = quantity.kind === "cumulative" ? day(end) : span(figure.since, end);
  const answer = figure.answer;
  const spread = answer ? interval(answer.low, answer.high) : "";
  const shown = answer ? `${count(answer.median)}${spread ? ` (${spread})` : ""}` : "–";
  const inside = answer?.inside === undefined || answer.inside === null ? "–" : t(answer.inside ? "yes" : "no");
  return [told(quantity.title, quantity.name), when, reportedAs(figure), shown, inside, figure.by];
}
