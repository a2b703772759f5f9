/** Plays a sound for a notification, in one of the browser's tabs. Browsers allow that once the user has done something there. */

/** Other tabs that hear of the notification later than this play a sound of their own. */
const HELD_MS = 2_000;

/** @param source the address of a sound; without one it is two short tones */
export async function play(id: string, source: string): Promise<void> {
  if (!(await isFirst(id))) return;
  try {
    if (source !== "") await new Audio(source).play();
    else await tones();
  } catch {
    // The browser does not allow it yet, or there is no such sound.
  }
}

/** Whether no other tab plays it. */
function isFirst(id: string): Promise<boolean> {
  if (navigator.locks === undefined) return Promise.resolve(true); // no secure context
  return new Promise((resolve) => {
    navigator.locks.request(`notifyli sound ${id}`, { ifAvailable: true }, async (lock) => {
      resolve(lock !== null);
      if (lock !== null) await new Promise((end) => setTimeout(end, HELD_MS));
    }).catch(() => resolve(true));
  });
}

async function tones(): Promise<void> {
  const context = new AudioContext();
  try {
    if (context.state !== "running") return;
    const volume = context.createGain();
    volume.gain.value = 0.08;
    volume.connect(context.destination);
    for (const [index, frequency] of [660, 880].entries()) {
      const tone = context.createOscillator();
      tone.frequency.value = frequency;
      tone.connect(volume);
      tone.start(context.currentTime + index * 0.12);
      tone.stop(context.currentTime + index * 0.12 + 0.1);
    }
    await new Promise((end) => setTimeout(end, 400));
  } finally {
    await context.close();
  }
}
