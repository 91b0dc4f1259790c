// Numbers as people read them. The server rounds; 5 stands for fewer than ten.

import { languageNow, t } from "./words";

const FEW = 5;
// 14 000.5: nobody who reads Spanish takes the space for a decimal mark, and four figures stand without it (RAE, ISO 80000)
const SPANISH_GROUPS = "\u202f";

function locale(): string {
  return languageNow() === "en" ? "en-GB" : languageNow();
}

function figures(own: string, options: Intl.NumberFormatOptions): (value: number) => string {
  if (own !== "es") return new Intl.NumberFormat(own, options).format;
  const format = new Intl.NumberFormat("es-MX", { useGrouping: "min2", ...options });
  return (value) => format.format(value).replaceAll(",", SPANISH_GROUPS);
}

/** Makes each formatter once: to make one takes a hundred times as long as to use it. */
function kept<F>(make: (locale: string) => F): () => F {
  const made = new Map<string, F>();
  return () => {
    const own = made.get(locale()) ?? make(locale());
    made.set(locale(), own);
    return own;
  };
}

const DAY: Intl.DateTimeFormatOptions = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
const whole = kept((own) => figures(own, { maximumFractionDigits: 0 }));
const tenths = kept((own) => figures(own, { maximumFractionDigits: 1 }));
const threeFigures = kept((own) => figures(own, { maximumSignificantDigits: 3 }));
const wholePercent = kept((own) => new Intl.NumberFormat(own, { style: "percent", maximumFractionDigits: 0 }));
const days = kept((own) => new Intl.DateTimeFormat(own, DAY));
const months = kept((own) => new Intl.DateTimeFormat(own, { ...DAY, day: undefined }));

export function count(value: number | null): string {
  if (value === null || Number.isNaN(value)) return "–";
  if (Math.abs(value) === FEW) return value < 0 ? "> −10" : "< 10";
  return exact(value);
}

export function exact(value: number): string {
  const format = Math.abs(value) >= 100 ? whole() : tenths();
  return format(value).replace(/^-0$/, "0").replace("-", "−");
}

/** A value that may be small, such as a share or a rate, in three figures. */
export function figure(value: number): string {
  if (Math.abs(value) >= 100) return exact(value);
  return threeFigures()(value).replace("-", "−");
}

export function signed(value: number, few = true): string {
  if (value === 0) return "0";
  if (few && Math.abs(value) === FEW) return value > 0 ? "< +10" : "> −10";
  const text = exact(Math.abs(value));
  return `${value > 0 ? "+" : "−"}${text}`;
}

export function interval(low: number | null, high: number | null, few = true): string {
  if (low === null || high === null) return "";
  const plain = few ? count : exact;
  return t("interval", { low: plain(low), high: plain(high) });
}

/** A moment in UTC, to the minute. */
export function moment(when: string): string {
  const options: Intl.DateTimeFormatOptions = { ...DAY, hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
  return new Intl.DateTimeFormat(locale(), options).format(new Date(when));
}

function read(date: string): { when: Date; format: Intl.DateTimeFormat } {
  const month = /^\d{4}-\d{2}$/.test(date);
  return { when: new Date(`${date}${month ? "-01" : ""}T00:00:00Z`), format: (month ? months : days)() };
}

/** A day, or a month where no day is told. */
export function day(date: string): string {
  const { when, format } = read(date);
  return format.format(when);
}

/** From the first day to the last. */
export function span(first: string, last: string): string {
  if (first === last) return day(last);
  return read(last).format.formatRange(read(first).when, read(last).when);
}

export function percent(share: number): string {
  return wholePercent().format(share).replace(/\s?%/, "\u00a0%");
}
