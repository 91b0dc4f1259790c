// How likely something is, in words by the scale of the IPCC; the number always stands beside the word.

import { percent } from "./numbers";
import { t } from "./words";

/** Fewer replicates than these carry no word. */
const FEW_PAIRS = 20;

export function chance(share: number, replicates: number): string {
  if (replicates < FEW_PAIRS) return t("of_pairs", { k: Math.round(share * replicates), n: replicates });
  const least = Math.max(0.01, 1 / replicates);
  return `${likelihood(Math.min(Math.max(share, least), 1 - least))} (${bounded(share, least)})`;
}

/** A share over replicates as a number: none of them, or all, says no more than their number can. */
function bounded(share: number, least: number): string {
  if (share > 1 - least / 2) return `> ${percent(1 - least)}`;
  return share < least / 2 ? `< ${percent(least)}` : percent(share);
}

function likelihood(share: number): string {
  if (share >= 0.99) return t("virtually_certain");
  if (share >= 0.9) return t("very_likely");
  if (share >= 0.66) return t("likely");
  if (share > 0.33) return t("as_likely_as_not");
  if (share > 0.1) return t("unlikely");
  if (share > 0.01) return t("very_unlikely");
  return t("exceptionally_unlikely");
}
