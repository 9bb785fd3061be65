/** The escapes of strftime that names of log files use, in local time. */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
];

const two = (n: number): string => String(n).padStart(2, '0');

function textOf(letter: string, at: Date): string | null {
  const [day, month] = [DAYS[at.getDay()] ?? '', MONTHS[at.getMonth()] ?? ''];
  switch (letter) {
    case 'Y':
      return String(at.getFullYear());
    case 'y':
      return two(at.getFullYear() % 100);
    case 'm':
      return two(at.getMonth() + 1);
    case 'd':
      return two(at.getDate());
    case 'e':
      return String(at.getDate()).padStart(2);
    case 'j': {
      const first = Date.UTC(at.getFullYear(), 0, 1);
      const today = Date.UTC(at.getFullYear(), at.getMonth(), at.getDate());
      return String((today - first) / 86_400_000 + 1).padStart(3, '0');
    }
    case 'H':
      return two(at.getHours());
    case 'I':
      return two(at.getHours() % 12 || 12);
    case 'p':
      return at.getHours() < 12 ? 'AM' : 'PM';
    case 'M':
      return two(at.getMinutes());
    case 'S':
      return two(at.getSeconds());
    case 's':
      return String(Math.floor(at.getTime() / 1_000));
    case 'a':
      return day.slice(0, 3);
    case 'A':
      return day;
    case 'b':
    case 'h':
      return month.slice(0, 3);
    case 'B':
      return month;
    case 'F':
      return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    case 'T':
      return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
    case '%':
      return '%';
    default:
      return null;
  }
}

/** What is no letter stays as it is. */
export function strftime(pattern: string, at: Date): string {
  return pattern.replace(/%(.)/g, (all, letter: string) => textOf(letter, at) ?? all);
}
