// Numbers as people read them. The server rounds; 5 stands for fewer than ten.

import { languageNow, t } from "./words";

const FEW = 5;

function locale(): string {
  return languageNow() === "en" ? "en-GB" : languageNow();
}

export function count(value: number | null): string {
  if (value === null || Number.isNaN(value)) return "–";
  if (Math.abs(value) === FEW) return value < 0 ? "> −10" : "< 10";
  return exact(value);
}

export function exact(value: number): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 }).format(value).replace("-", "−");
}

export function signed(value: number, few = true): string {
  if (value === 0) return "0";
  const text = few ? count(Math.abs(value)) : exact(Math.abs(value));
  return `${value > 0 ? "+" : "−"}${text}`;
}

export function interval(low: number | null, high: number | null, few = true): string {
  if (low === null || high === null) return "";
  const plain = few ? count : exact;
  return t("interval", { low: plain(low), high: plain(high) });
}

export function day(date: string): string {
  const month = /^\d{4}-\d{2}$/.test(date);
  const when = new Date(`${date}${month ? "-01" : ""}T00:00:00Z`);
  const options: Intl.DateTimeFormatOptions = { month: "short", year: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(locale(), month ? options : { day: "numeric", ...options }).format(when);
}

export function percent(share: number): string {
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 }).format(share);
}

/** A likelihood in words, by the scale of the IPCC; the number always stands beside it. */
export function likelihood(share: number): string {
  if (share >= 0.99) return t("virtually_certain");
  if (share >= 0.9) return t("very_likely");
  if (share >= 0.66) return t("likely");
  if (share > 0.33) return t("as_likely_as_not");
  if (share > 0.1) return t("unlikely");
  if (share > 0.01) return t("very_unlikely");
  return t("exceptionally_unlikely");
}
