/** Figures and instants as people read them. */
import { EN } from "./words.js";

export const NOTHING = "–";

/** A share in per cent, rounded half up from the exact fraction, as `gridloop rates` shows it. */
export function percent(numerator, denominator) {
  if (!denominator) return NOTHING;
  const [n, d] = [BigInt(numerator), BigInt(denominator)];
  const digits = String((2n * n * 10_000n + d) / (2n * d)).padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}%`;
}

/** A figure's value: a rate in per cent, a count as it is. */
export function shown(value) {
  if (!value || (value.value === null && value.denominator === undefined)) return NOTHING;
  return value.denominator === undefined
    ? String(value.value)
    : percent(value.numerator, value.denominator);
}

/** An instant that carries its own offset, as the place's clock shows it. */
export const clock = (iso) => (iso ? iso.slice(11, 16) : NOTHING);
export const day = (iso) => (iso ? iso.slice(0, 10) : NOTHING);
export const instant = (iso) =>
  !iso || iso.startsWith("2299") ? NOTHING : `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
export const short = (iso) => (iso ? `${iso.slice(5, 10)} ${iso.slice(11, 16)}` : NOTHING);

/** A length of time, in its two largest units. */
export function lasting(seconds) {
  const [d, h, m, s] = EN ? ["d", "h", "m", "s"] : ["天", "时", "分", "秒"];
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}${s}`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}${m}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}${h}${minutes % 60}${m}`;
  return `${Math.floor(hours / 24)}${d}${hours % 24}${h}`;
}

export const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
