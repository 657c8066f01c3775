/** A Vulkan device that every machine has: the software one of Debian's Chromium. To be imported before the first session on WebGPU. */
import { existsSync } from 'node:fs';

const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (!existsSync(driver)) throw new Error(`${driver} is missing: install Debian's packages chromium and libvulkan1, as ./scripts/test does`);
process.env.VK_ICD_FILENAMES = driver;
process.env.XDG_RUNTIME_DIR ??= '/tmp';

/** For processes that are started. */
export const swiftshader = { VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR };
