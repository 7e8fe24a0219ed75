#define _GNU_SOURCE
#include "CBlockingShim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TEXT(path) ((const char *)(path))
#define RESULT(call) do { __typeof__(call) result = (call); return result < 0 ? -errno : result; } while (0)

const uint64_t cblocking_resolve_below_without_links =
    RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;

int cblocking_openat2(int directory, const uint8_t *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };
    long result = syscall(SYS_openat2, directory, path, &how, sizeof how);
    return result < 0 ? -errno : (int)result;
}

int cblocking_openat(int directory, const uint8_t *path, int flags, uint32_t mode) {
    RESULT(openat(directory, TEXT(path), flags, (mode_t)mode));
}

int cblocking_open_path(int directory, const uint8_t *path, int follow) {
    RESULT(openat(directory, TEXT(path), O_PATH | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)));
}

int cblocking_mkdirat(int directory, const uint8_t *path, uint32_t mode) {
    RESULT(mkdirat(directory, TEXT(path), (mode_t)mode));
}

int cblocking_unlinkat(int directory, const uint8_t *path, int flags) {
    RESULT(unlinkat(directory, TEXT(path), flags));
}

int cblocking_linkat(int from, const uint8_t *name, int to, const uint8_t *new_name) {
    RESULT(linkat(from, TEXT(name), to, TEXT(new_name), 0));
}

int cblocking_renameat(int from, const uint8_t *name, int to, const uint8_t *new_name) {
    RESULT(renameat(from, TEXT(name), to, TEXT(new_name)));
}

int cblocking_rename_without_replacing(int from, const uint8_t *name, int to, const uint8_t *new_name) {
    RESULT(renameat2(from, TEXT(name), to, TEXT(new_name), RENAME_NOREPLACE));
}

int cblocking_symlinkat(const uint8_t *target, int directory, const uint8_t *name) {
    RESULT(symlinkat(TEXT(target), directory, TEXT(name)));
}

int cblocking_fchmod(int file, uint32_t mode) { RESULT(fchmod(file, (mode_t)mode)); }

int64_t cblocking_readlinkat(int directory, const uint8_t *path, uint8_t *target, size_t size) {
    RESULT(readlinkat(directory, TEXT(path), (char *)target, size));
}

static void copy_status(const struct stat *from, struct cblocking_status *to) {
    to->device = from->st_dev;
    to->inode = from->st_ino;
    to->links = from->st_nlink;
    to->size = from->st_size < 0 ? 0 : (uint64_t)from->st_size;
    to->modified_seconds = from->st_mtim.tv_sec;
    to->modified_nanoseconds = from->st_mtim.tv_nsec;
    to->mode = from->st_mode;
    to->uid = from->st_uid;
    to->gid = from->st_gid;
}

int cblocking_fstatat(int directory, const uint8_t *path, struct cblocking_status *status) {
    struct stat found;
    if (fstatat(directory, TEXT(path), &found, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
    copy_status(&found, status);
    return 0;
}

int cblocking_fstat(int file, struct cblocking_status *status) {
    struct stat found;
    if (fstat(file, &found) < 0) return -errno;
    copy_status(&found, status);
    return 0;
}

int64_t cblocking_getdents(int directory, void *buffer, size_t size) {
    RESULT(syscall(SYS_getdents64, directory, buffer, size));
}

int cblocking_statvfs(int file, struct cblocking_space *space) {
    struct statvfs found;
    if (fstatvfs(file, &found) < 0) return -errno;
    space->free_bytes = (uint64_t)found.f_bavail * found.f_frsize;
    space->total_bytes = (uint64_t)found.f_blocks * found.f_frsize;
    space->free_files = found.f_favail;
    space->total_files = found.f_files;
    return 0;
}

int cblocking_fsync(int file) { RESULT(fsync(file)); }

int cblocking_fdatasync(int file) { RESULT(fdatasync(file)); }

int cblocking_fchown(int file, uint32_t uid, uint32_t gid) { RESULT(fchown(file, uid, gid)); }

int cblocking_set_modified(int file, int64_t seconds) {
    struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = seconds } };
    RESULT(futimens(file, times));
}

int64_t cblocking_write(int file, const void *bytes, size_t count) { RESULT(write(file, bytes, count)); }

int64_t cblocking_pread(int file, void *bytes, size_t count, uint64_t offset) {
    RESULT(pread(file, bytes, count, (off_t)offset));
}

int64_t cblocking_pwrite(int file, const void *bytes, size_t count, uint64_t offset) {
    RESULT(pwrite(file, bytes, count, (off_t)offset));
}

int cblocking_ftruncate(int file, uint64_t size) { RESULT(ftruncate(file, (off_t)size)); }

int cblocking_try_lock(int file) { RESULT(flock(file, LOCK_EX | LOCK_NB)); }

int cblocking_try_record_lock(int file, int exclusive) {
    struct flock lock = { .l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };
    RESULT(fcntl(file, F_OFD_SETLK, &lock));
}

int cblocking_record_unlock(int file) {
    struct flock lock = { .l_type = F_UNLCK, .l_whence = SEEK_SET };
    RESULT(fcntl(file, F_OFD_SETLK, &lock));
}

int cblocking_open_unnamed(void) {
    static const char *const directories[] = { "/var/tmp", "/tmp" };
    int failure = -ENOENT;
    for (size_t place = 0; place < sizeof directories / sizeof *directories; place++) {
        int file = open(directories[place], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (file >= 0) return file;
        char path[40];
        snprintf(path, sizeof path, "%s/postroom-XXXXXX", directories[place]);
        file = mkostemp(path, O_CLOEXEC);
        if (file >= 0) {
            unlink(path);
            return file;
        }
        failure = -errno;
    }
    return failure;
}

int64_t cblocking_set_fsuid(uint32_t uid) { return (uint32_t)syscall(SYS_setfsuid, uid); }

int64_t cblocking_set_fsgid(uint32_t gid) { return (uint32_t)syscall(SYS_setfsgid, gid); }

int cblocking_set_groups(const uint32_t *groups, size_t count) {
    long result = syscall(SYS_setgroups, count, groups);
    return result < 0 ? -errno : (int)result;
}

int cblocking_get_groups(uint32_t *groups, size_t size) {
    long result = syscall(SYS_getgroups, size, groups);
    return result < 0 ? -errno : (int)result;
}

int cblocking_may_change_identity(void) {
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0) return 0;
    uint32_t needed = 1u << CAP_SETUID | 1u << CAP_SETGID;
    return (data[0].effective & needed) == needed;
}

int cblocking_set_effective_capabilities(uint64_t capabilities) {
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0) return -errno;
    if (data[0].effective == (uint32_t)capabilities && data[1].effective == (uint32_t)(capabilities >> 32)) return 0;
    data[0].effective = (uint32_t)capabilities;
    data[1].effective = (uint32_t)(capabilities >> 32);
    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int cblocking_drop_file_capabilities(uint64_t *before) {
    // CAP_FS_SET of the kernel's include/linux/capability.h.
    const uint64_t file_capabilities = 1ull << CAP_CHOWN | 1ull << CAP_DAC_OVERRIDE | 1ull << CAP_DAC_READ_SEARCH |
        1ull << CAP_FOWNER | 1ull << CAP_FSETID | 1ull << CAP_LINUX_IMMUTABLE | 1ull << CAP_MKNOD |
        1ull << CAP_MAC_OVERRIDE;
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0) return -errno;
    *before = data[0].effective | (uint64_t)data[1].effective << 32;
    return cblocking_set_effective_capabilities(*before & ~file_capabilities);
}

struct thread_start {
    void (*body)(void *);
    void *argument;
};

static void *run_thread(void *pointer) {
    struct thread_start start = *(struct thread_start *)pointer;
    free(pointer);
    start.body(start.argument);
    return NULL;
}

int cblocking_start_thread(void (*body)(void *), void *argument, size_t stack_size) {
    struct thread_start *start = malloc(sizeof *start);
    if (!start) return -ENOMEM;
    start->body = body;
    start->argument = argument;
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, stack_size);
    int failure = pthread_create(&thread, &attributes, run_thread, start);
    pthread_attr_destroy(&attributes);
    if (failure) free(start);
    return -failure;
}

static _Thread_local void *thread_context;

void *cblocking_thread_context(void) { return thread_context; }

void cblocking_set_thread_context(void *context) { thread_context = context; }

void cblocking_name_thread(const char *name) {
    char shortened[16];
    snprintf(shortened, sizeof shortened, "%s", name);
    pthread_setname_np(pthread_self(), shortened);
}

int cblocking_inotify_open(void) { RESULT(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)); }

int cblocking_inotify_watch(int inotify, int directory) {
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", directory);
    RESULT(inotify_add_watch(inotify, path, IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR));
}

int cblocking_inotify_watch_file(int inotify, int file) {
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    RESULT(inotify_add_watch(inotify, path, IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF));
}

int cblocking_is_remote(int file) {
    struct statfs found;
    if (fstatfs(file, &found) < 0) return 0;
    switch ((uint32_t)found.f_type) { // statfs(2)
        case 0x6969: // NFS
        case 0x517B: case 0xFE534D42: case 0xFF534D42: // SMB
        case 0x01021997: // 9P
        case 0x00C36400: // Ceph
        case 0x65735546: // FUSE: GlusterFS, sshfs
        case 0x5346414F: case 0x6B414653: // AFS
        case 0x7461636F: // OCFS2
        case 0x01161970: // GFS2
        case 0x0BD00BD0: // Lustre
            return 1;
        default: return 0;
    }
}

int cblocking_inotify_remove(int inotify, int watch) { RESULT(inotify_rm_watch(inotify, watch)); }
