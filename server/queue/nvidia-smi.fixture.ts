/** For tests: stands in for nvidia-smi on a machine without NVIDIA's GPUs. Answers as `nvidia-smi -q -x` of driver 550 does, with what the test says. */
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface FixtureGpu {
  name: string;
  totalMb: number;
  /** XML of <processes>, or the processes themselves. */
  processes: string | { pid: number; memory: string }[];
}

const process_info = ({ pid, memory }: { pid: number; memory: string }) => `
			<process_info>
				<gpu_instance_id>N/A</gpu_instance_id>
				<compute_instance_id>N/A</compute_instance_id>
				<pid>${pid}</pid>
				<type>C</type>
				<process_name>/usr/bin/node</process_name>
				<used_memory>${memory}</used_memory>
			</process_info>`;

const gpu = ({ name, totalMb, processes }: FixtureGpu, i: number) => `
	<gpu id="00000000:0${i + 1}:00.0">
		<product_name>${name}</product_name>
		<fb_memory_usage>
			<total>${totalMb} MiB</total>
			<reserved>346 MiB</reserved>
			<used>2310 MiB</used>
			<free>${totalMb - 2656} MiB</free>
		</fb_memory_usage>
		<utilization>
			<gpu_util>37 %</gpu_util>
			<memory_util>12 %</memory_util>
			<encoder_util>0 %</encoder_util>
		</utilization>
		<temperature>
			<gpu_temp>61 C</gpu_temp>
			<gpu_temp_max_threshold>98 C</gpu_temp_max_threshold>
			<memory_temp>N/A</memory_temp>
		</temperature>
		<processes>${typeof processes === 'string' ? processes : processes.map(process_info).join('')}
		</processes>
	</gpu>`;

const answer = (gpus: FixtureGpu[]) => `<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
	<timestamp>Mon Mar 11 09:14:22 2024</timestamp>
	<driver_version>550.54.15</driver_version>
	<cuda_version>12.4</cuda_version>
	<attached_gpus>${gpus.length}</attached_gpus>${gpus.map(gpu).join('')}
</nvidia_smi_log>
`;

/** Puts it first on the PATH of this process. */
export async function nvidiaSmi(): Promise<{ says(...gpus: FixtureGpu[]): Promise<void>; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'ai-studio-smi-'));
  const before = process.env.PATH ?? '';
  const file = join(dir, 'answer.xml');
  await writeFile(join(dir, 'nvidia-smi'), `#!/bin/sh\n[ "$*" = "-q -x" ] || exit 2\nexec cat '${file}'\n`);
  await chmod(join(dir, 'nvidia-smi'), 0o755);
  process.env.PATH = `${dir}${delimiter}${before}`;
  return {
    says: async (...gpus) => {
      await writeFile(`${file}.new`, answer(gpus));
      await rename(`${file}.new`, file);
    },
    remove: async () => {
      process.env.PATH = before;
      await rm(dir, { recursive: true });
    },
  };
}
