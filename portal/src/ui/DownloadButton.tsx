/** Gives a file to the browser's downloads; it goes nowhere else. */
export function DownloadButton({
  name,
  content,
  label,
  type = "application/octet-stream",
}: {
  name: string;
  content: Uint8Array | string;
  label: string;
  type?: string;
}) {
  const save = () => {
    const url = URL.createObjectURL(new Blob([content as Uint8Array<ArrayBuffer> | string], { type }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    // The browser reads it after the click.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <button type="button" onClick={save}>
      {label}
    </button>
  );
}
