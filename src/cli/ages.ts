import { counted } from '../session/counted.ts';

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const steps = [
  { limit: 45, unit: 1, name: 'second' },
  { limit: 45 * minute, unit: minute, name: 'minute' },
  { limit: 22 * hour, unit: hour, name: 'hour' },
  { limit: 26 * day, unit: day, name: 'day' },
  { limit: 320 * day, unit: 30 * day, name: 'month' },
  { limit: Number.POSITIVE_INFINITY, unit: 365 * day, name: 'year' },
] as const;

/**
 * How long ago a time was, in words. By hand, since the first use of any `Intl` object costs as
 * much as half of a short command.
 *
 * @param time ISO 8601
 */
export function ageOf(time: string, now: Date): string {
  const seconds = Math.round((now.getTime() - Date.parse(time)) / 1000);
  if (Number.isNaN(seconds)) return 'at an unknown time';
  if (seconds < 0) return seconds > -minute ? 'just now' : 'in the future';
  if (seconds < 10) return 'just now';
  const step = steps.find(({ limit }) => seconds < limit) ?? steps[5];
  const count = Math.max(1, Math.round(seconds / step.unit));
  return `${counted(count, step.name)} ago`;
}
