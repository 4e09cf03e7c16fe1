/** What is taken of client-node. Its typed API is left out of the bundle: it is large, and lists there come whole. */
export {KubeConfig} from '@kubernetes/client-node/dist/config.js'
