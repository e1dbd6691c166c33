/**
 * Makes Google's libraries log whole answers, and those hold the values of a service's environment.
 * They read it while they are loaded, so this is imported before anything else.
 */
delete process.env['GOOGLE_SDK_NODE_LOGGING'];
