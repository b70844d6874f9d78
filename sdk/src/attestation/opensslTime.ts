const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A time as OpenSSL prints a certificate's: `Apr  3 19:23:43 2023 GMT`. @param seconds Unix seconds */
export function opensslTime(seconds: number): string {
  const time = new Date(seconds * 1_000);
  const day = String(time.getUTCDate()).padStart(2, " ");
  return `${months[time.getUTCMonth()]} ${day} ${time.toISOString().slice(11, 19)} ${time.getUTCFullYear()} GMT`;
}
