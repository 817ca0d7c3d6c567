import { writeSettings } from '../store/rows';
import type { Settings } from '../store/schema';
import type { Till } from './till';

export async function changeSettings(till: Till, change: Partial<Settings>): Promise<void> {
  till.settings.value = { ...till.settings.value, ...change };
  await writeSettings(till.database, till.settings.value);
}
