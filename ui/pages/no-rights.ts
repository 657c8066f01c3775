import { go } from '../router.ts';
import { messagePage } from './message.ts';

export default messagePage({ icon: 'lock', title: 'rights.title', text: 'rights.text', button: { text: 'action.home', run: () => void go('/') } });
