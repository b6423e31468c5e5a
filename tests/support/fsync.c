/* An fsync that fails or takes its time, for LD_PRELOAD.
 *
 * EDGECAM_FSYNC names a file, which is looked at before each call:
 *   "once"   this call fails with EIO, and the file is removed
 *   "fail"   calls fail with EIO as long as the file is there
 *   "slow"   calls take 5 s
 * EDGECAM_FSYNC_LOG names a file that is told what was synced, and how it went.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void tell(const char *how, int fd)
{
    char link[64], path[512], line[600];
    const char *log = getenv("EDGECAM_FSYNC_LOG");
    if (!log)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = 0;
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    length = snprintf(line, sizeof line, "%s %s\n", how, path);
    if (write(out, line, length) < 0)
        perror("EDGECAM_FSYNC_LOG");
    close(out);
}

static int sync_with(const char *name, int fd)
{
    char mode[8] = "";
    const char *path = getenv("EDGECAM_FSYNC");
    int file = path ? open(path, O_RDONLY) : -1;
    if (file >= 0) {
        if (read(file, mode, sizeof mode - 1) < 0)
            mode[0] = 0;
        close(file);
    }
    if (!strcmp(mode, "slow"))
        sleep(5);
    if (!strcmp(mode, "once"))
        unlink(path);
    if (!strcmp(mode, "once") || !strcmp(mode, "fail")) {
        tell("failed", fd);
        errno = EIO;
        return -1;
    }
    int (*real)(int) = dlsym(RTLD_NEXT, name);
    int result = real(fd);
    tell("done", fd);
    return result;
}

int fsync(int fd) { return sync_with("fsync", fd); }

int fdatasync(int fd) { return sync_with("fdatasync", fd); }
