/** Shows a picture that the page has in memory, and how large it is, which whoever shows it first finds out. */
import { useLayoutEffect, useState } from "preact/hooks";

/** An address of the blob for as long as the component is there. */
export function useObjectUrl(blob: Blob | undefined): string | undefined {
  const [url, setUrl] = useState<string | undefined>();
  useLayoutEffect(() => {
    if (blob === undefined) return setUrl(undefined);
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const sizes = new WeakMap<Blob, Size>();

export function noteSize(blob: Blob, { naturalWidth, naturalHeight }: HTMLImageElement): void {
  if (naturalWidth > 0) sizes.set(blob, { width: naturalWidth, height: naturalHeight });
}

export function sizeOf(blob: Blob): Size | undefined {
  return sizes.get(blob);
}
