import { useEffect, useRef } from 'preact/hooks';
import { useTexts } from '../parts/context';

/** Not in TypeScript's library yet, and not in every browser. */
interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
type DetectorMaker = new (options: { formats: string[] }) => Detector;

function detectorMaker(): DetectorMaker | null {
  return (globalThis as { BarcodeDetector?: DetectorMaker }).BarcodeDetector ?? null;
}

export function canScanQr(): boolean {
  return detectorMaker() !== null && Boolean(navigator.mediaDevices?.getUserMedia);
}

export function QrScanner({ onFound, onClose }: { onFound: (text: string) => void; onClose: () => void }) {
  const t = useTexts();
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const stop = new AbortController();
    void watch(video.current!, stop.signal, onFound).catch(onClose);
    return () => stop.abort();
  }, []);
  return (
    <div class="camera">
      <video ref={video} muted playsInline />
      <button type="button" class="second" onClick={onClose}>
        {t.cancel}
      </button>
    </div>
  );
}

async function watch(video: HTMLVideoElement, stop: AbortSignal, found: (text: string) => void): Promise<void> {
  const detector = new (detectorMaker()!)({ formats: ['qr_code'] });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  const release = () => stream.getTracks().forEach((track) => track.stop());
  if (stop.aborted) return release();
  stop.addEventListener('abort', release);
  video.srcObject = stream;
  await video.play();
  while (!stop.aborted) {
    const [code] = await detector.detect(video);
    if (code) return found(code.rawValue);
    await new Promise((done) => setTimeout(done, 150));
  }
}
