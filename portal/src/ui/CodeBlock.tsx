/** Text with its own line breaks, which scrolls within itself: reachable by keyboard, or nobody without a mouse could read its end. */
export function CodeBlock({ text, label }: { text: string; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must take the focus (WCAG 2.1.1).
    <section className="code" aria-label={label} tabIndex={0}>
      <pre>{text}</pre>
    </section>
  );
}
