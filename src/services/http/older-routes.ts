/**
 * The routes of the system that Anillo replaces. Their failures are `{"detail": "…"}`, those of all others are problems
 * (RFC 9457).
 */
const OLDER_ROUTES = ['/index', '/upload', '/download', '/all_nodes', '/active_nodes', '/search'];

/** @param url path and query as on the request line */
export function isOlderRoute(url: string): boolean {
  const path = url.split('?', 1)[0] ?? '';
  return OLDER_ROUTES.some((route) => path === route || path.startsWith(`${route}/`));
}
