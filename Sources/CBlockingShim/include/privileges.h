#pragma once

#include <sys/types.h>

/// Gives up every identity and privilege but those named: becomes uid and gid with no other groups, keeps the capabilities
/// in the mask (bit n is capability n) through the change and through the next execve, and no others.
/// Must be called before the first thread is started. 0, or -1 with errno.
int postroom_drop_privileges(uid_t uid, gid_t gid, unsigned long long capabilities);

/// Makes the process's memory unreadable for other processes of its user, and keeps it out of core files.
/// 0, or -1 with errno.
int postroom_name_process(const char *name);

int postroom_forbid_dumps(void);

/// The effective capabilities of the calling thread; 0 when they can't be read.
unsigned long long postroom_effective_capabilities(void);
