import { go } from '../router.ts';
import { messagePage } from './message.ts';

export default messagePage({ icon: 'search', title: 'missing.title', text: 'missing.text', button: { text: 'action.home', run: () => void go('/') } });
