#pragma once

#include "privileges.h"

#include <stddef.h>
#include <stdint.h>

// System calls that Swift's Glibc module lacks, or that glibc's wrappers would apply to every thread of the process.
// Every function returns a value at or above 0, or the negated errno.

struct cblocking_status {
    uint64_t device;
    uint64_t inode;
    uint64_t links;
    uint64_t size;
    int64_t modified_seconds;
    int64_t modified_nanoseconds;
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
};

struct cblocking_space {
    uint64_t free_bytes;
    uint64_t total_bytes;
    uint64_t free_files;
    uint64_t total_files;
};

// openat2(2) with the given RESOLVE_ bits.
int cblocking_openat2(int directory, const uint8_t *path, uint64_t flags, uint64_t mode, uint64_t resolve);
extern const uint64_t cblocking_resolve_below_without_links;

int cblocking_openat(int directory, const uint8_t *path, int flags, uint32_t mode);
// With O_PATH: a descriptor that names a directory. Follows a link in the last component only if asked to.
int cblocking_open_path(int directory, const uint8_t *path, int follow);
int cblocking_mkdirat(int directory, const uint8_t *path, uint32_t mode);
int cblocking_unlinkat(int directory, const uint8_t *path, int flags);
int cblocking_linkat(int from, const uint8_t *name, int to, const uint8_t *new_name);
int cblocking_renameat(int from, const uint8_t *name, int to, const uint8_t *new_name);
// renameat2(2) with RENAME_NOREPLACE.
int cblocking_rename_without_replacing(int from, const uint8_t *name, int to, const uint8_t *new_name);
int cblocking_symlinkat(const uint8_t *target, int directory, const uint8_t *name);
int cblocking_fchmod(int file, uint32_t mode);
int64_t cblocking_readlinkat(int directory, const uint8_t *path, uint8_t *target, size_t size);
int cblocking_fstatat(int directory, const uint8_t *path, struct cblocking_status *status);
int cblocking_fstat(int file, struct cblocking_status *status);
int64_t cblocking_getdents(int directory, void *buffer, size_t size);
int cblocking_statvfs(int file, struct cblocking_space *space);
int cblocking_fsync(int file);
int cblocking_fdatasync(int file);
int cblocking_fchown(int file, uint32_t uid, uint32_t gid);
// Sets the modification time; the access time stays.
int cblocking_set_modified(int file, int64_t seconds);
int64_t cblocking_write(int file, const void *bytes, size_t count);
int64_t cblocking_pread(int file, void *bytes, size_t count, uint64_t offset);
int64_t cblocking_pwrite(int file, const void *bytes, size_t count, uint64_t offset);
int cblocking_ftruncate(int file, uint64_t size);
// flock(2), exclusively and without waiting.
int cblocking_try_lock(int file);
// fcntl(2) locks on the whole file that belong to the open file, not to the process; -EAGAIN when it is taken.
int cblocking_try_record_lock(int file, int exclusive);
int cblocking_record_unlock(int file);
// A file without a name, in /var/tmp or /tmp.
int cblocking_open_unnamed(void);

// The calling thread alone. The first two return the previous identity.
int64_t cblocking_set_fsuid(uint32_t uid);
int64_t cblocking_set_fsgid(uint32_t gid);
int cblocking_set_groups(const uint32_t *groups, size_t count);
int cblocking_get_groups(uint32_t *groups, size_t size);
// 1 when the calling thread holds CAP_SETUID and CAP_SETGID, 0 otherwise.
int cblocking_may_change_identity(void);
// The thread's effective capabilities (bit n is capability n) without those that pass over file permissions, which a
// change of fsuid takes only from root. The answer is what they were, for setting them again.
int cblocking_drop_file_capabilities(uint64_t *before);
int cblocking_set_effective_capabilities(uint64_t capabilities);

int cblocking_start_thread(void (*body)(void *), void *argument, size_t stack_size);
void cblocking_name_thread(const char *name);

// A word that each thread keeps for itself; null at first.
void *cblocking_thread_context(void);
void cblocking_set_thread_context(void *context);

int cblocking_inotify_open(void);
// Watches the directory that `directory` holds open, by way of /proc; the answer is the watch's number.
int cblocking_inotify_watch(int inotify, int directory);
int cblocking_inotify_watch_file(int inotify, int file);
// 1 when other machines may change what the descriptor leads to, unseen by this one's kernel.
int cblocking_is_remote(int file);
int cblocking_inotify_remove(int inotify, int watch);
