/** The mark: an n that is also a bell's arch, with something new beside it. The same as `favicon.svg`. */

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect class="logo-tile" width="32" height="32" rx="9" />
      <path class="logo-letter" d="M9.5 23V16a6 6 0 0 1 12 0v7" />
      <circle class="logo-halo" cx="23" cy="9" r="5.5" />
      <circle class="logo-dot" cx="23" cy="9" r="3.5" />
    </svg>
  );
}
