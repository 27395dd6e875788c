/** What two nodes must agree on before they talk. An unknown minor is accepted, another major refused. */
export const PROTOCOL_MAJOR = 1;
export const PROTOCOL_MINOR = 0;
export const PROTOCOL_VERSION = `${PROTOCOL_MAJOR}.${PROTOCOL_MINOR}`;

/** Length of a network's id in bytes; random, made once. */
export const NETWORK_ID_BYTES = 32;
