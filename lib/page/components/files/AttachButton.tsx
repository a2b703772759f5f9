/** Opens the system's own picker: for files, and on what is held in the hand for its camera, too. */
import { useRef } from "preact/hooks";
import { hasPointer } from "../../layout.ts";
import { acceptedTypes } from "../../file_words.ts";
import { Icon, type IconName } from "../kit/Icon.tsx";

interface AttachButtonProps {
  /** Media types that may be uploaded; all where there is none. */
  types: readonly string[];
  /** Nothing is written yet, so that there is room for the camera's button. */
  isRoomy: boolean;
  onFiles: (files: readonly File[]) => void;
}

export function AttachButton({ types, isRoomy, onFiles }: AttachButtonProps) {
  const takesPhotos = types.length === 0 ||
    ["image/*", "image/jpeg"].some((type) => types.includes(type));
  return (
    <>
      <PickerButton
        label="Attach files"
        icon="clip"
        accept={acceptedTypes(types)}
        onFiles={onFiles}
      />
      {!hasPointer() && isRoomy && takesPhotos && (
        <PickerButton
          label="Take a photo"
          icon="camera"
          accept="image/*"
          isCamera
          onFiles={onFiles}
        />
      )}
    </>
  );
}

interface PickerButtonProps {
  label: string;
  icon: IconName;
  accept: string;
  isCamera?: boolean;
  onFiles: (files: readonly File[]) => void;
}

function PickerButton({ label, icon, accept, isCamera = false, onFiles }: PickerButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class="icon-button attach-button"
        aria-label={label}
        title={label}
        onClick={() => input.current?.click()}
      >
        <Icon name={icon} />
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple={!isCamera}
        accept={accept}
        {...(isCamera ? { capture: "environment" } : {})}
        onChange={({ currentTarget }) => {
          const files = [...currentTarget.files ?? []];
          currentTarget.value = ""; // the same one may be chosen again
          if (files.length > 0) onFiles(files);
        }}
      />
    </>
  );
}
