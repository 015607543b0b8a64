/** Durations and times as people read them. */

/** `0.8s`, `24.3s`, `3m 05s`, `2h 07m`, `3d 4h`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3_600),
    Math.floor(whole / 60),
  ]
  if (days > 0) return `${days}d ${hours % 24}h`
  if (hours > 0) return `${hours}h ${pad(minutes % 60)}m`
  return `${minutes}m ${pad(whole % 60)}s`
}

/** `11:20:03`, local time. */
export function formatTime(milliseconds: number): string {
  const time = new Date(milliseconds)
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(pad).join(':')
}

/** `01:49`, local time; with the date if that is another day than now. */
export function formatMinute(milliseconds: number, now: number): string {
  const time = new Date(milliseconds)
  const clock = [time.getHours(), time.getMinutes()].map(pad).join(':')
  if (time.toDateString() === new Date(now).toDateString()) return clock
  return `${[time.getFullYear(), time.getMonth() + 1, time.getDate()].map(pad).join('-')} ${clock}`
}

function pad(number: number): string {
  return String(number).padStart(2, '0')
}
