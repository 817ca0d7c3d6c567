/** Short tones, made on the spot: there is nothing to load and nothing to wait for. */
import type { Till } from '../deeds/till';

type Sound = 'scanned' | 'refused' | 'asked' | 'sold';

const TONES: Record<Sound, [frequency: number, start: number, length: number][]> = {
  scanned: [[1320, 0, 0.06]],
  refused: [
    [220, 0, 0.16],
    [180, 0.18, 0.22],
  ],
  asked: [
    [660, 0, 0.08],
    [880, 0.1, 0.08],
  ],
  sold: [
    [880, 0, 0.07],
    [1320, 0.08, 0.1],
  ],
};

let audio: AudioContext | null = null;

export function play(till: Pick<Till, 'settings'>, sound: Sound): void {
  if (till.settings.peek().muted || typeof AudioContext === 'undefined') return;
  // After the frame: the tone must not hold up the line on the screen.
  setTimeout(() => {
    audio ??= new AudioContext();
    const begin = audio.currentTime;
    for (const [frequency, start, length] of TONES[sound]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.type = sound === 'refused' ? 'square' : 'sine';
      tone.frequency.value = frequency;
      volume.gain.value = 0.12;
      tone.connect(volume).connect(audio.destination);
      tone.start(begin + start);
      tone.stop(begin + start + length);
    }
  }, 0);
}
