import { messagePage } from './message.ts';

export default messagePage({ icon: 'wifi-off', title: 'failed.title', text: 'failed.text', button: { text: 'failed.reload', run: () => location.reload() } });
