/* A camera for tests, laid under OpenCV with LD_PRELOAD: what this process does to the file FAKE_V4L2 is answered as a
 * driver of Video4Linux would. It has one format, RGB24 of 160×120, and shows the raw picture in FAKE_PICTURE, which may
 * change while it runs, 100 times a second; an empty file is a camera that was pulled out. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 160, HEIGHT = 120, BYTES = WIDTH * HEIGHT * 3, MOST = 8 };
static int camera = -1, queue[MOST], queued;
static void *memory[MOST];

static int is_camera(const char *path) {
    const char *wanted = getenv("FAKE_V4L2");
    return wanted && path && !strcmp(path, wanted);
}

static int opened(const char *symbol, const char *path, int flags, mode_t mode) {
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, symbol);
    int descriptor = real(path, flags, mode);
    if (is_camera(path) && descriptor >= 0 && camera < 0) camera = descriptor;
    return descriptor;
}
#define OPEN(name)                                     \
    int name(const char *path, int flags, ...) {       \
        va_list rest;                                  \
        va_start(rest, flags);                         \
        mode_t mode = va_arg(rest, mode_t);            \
        va_end(rest);                                  \
        return opened(#name, path, flags, mode);       \
    }
OPEN(open)
OPEN(open64)

int close(int descriptor) {
    if (descriptor == camera) { camera = -1; queued = 0; }
    return ((int (*)(int))dlsym(RTLD_NEXT, "close"))(descriptor);
}

static void describe(struct v4l2_format *format) {
    format->fmt.pix = (struct v4l2_pix_format){.width = WIDTH, .height = HEIGHT, .pixelformat = V4L2_PIX_FMT_RGB24,
        .field = V4L2_FIELD_NONE, .bytesperline = WIDTH * 3, .sizeimage = BYTES, .colorspace = V4L2_COLORSPACE_SRGB};
}

static int dequeue(struct v4l2_buffer *buffer) {
    if (!queued) { errno = EAGAIN; return -1; }
    int index = queue[0];
    usleep(10000);
    FILE *picture = fopen(getenv("FAKE_PICTURE"), "rb");
    size_t got = picture ? fread(memory[index], 1, BYTES, picture) : 0;
    if (picture) fclose(picture);
    if (got != BYTES) { errno = ENODEV; return -1; }
    memmove(queue, queue + 1, --queued * sizeof *queue);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    buffer->index = index;
    buffer->bytesused = buffer->length = BYTES;
    buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    buffer->timestamp.tv_sec = now.tv_sec - 1; /* exposed a second ago */
    buffer->timestamp.tv_usec = now.tv_nsec / 1000;
    return 0;
}

static int answer(unsigned long request, void *argument) {
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *it = argument;
        memset(it, 0, sizeof *it);
        strcpy((char *)it->driver, getenv("FAKE_DRIVER") ? getenv("FAKE_DRIVER") : "uvcvideo");
        it->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        it->capabilities = it->device_caps | V4L2_CAP_DEVICE_CAPS;
        return 0;
    }
    case VIDIOC_G_FMT: case VIDIOC_S_FMT: case VIDIOC_TRY_FMT: describe(argument); return 0;
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *it = argument;
        if (it->count > MOST) it->count = MOST;
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *it = argument;
        it->length = BYTES;
        it->m.offset = it->index * 4096 * 64;
        return 0;
    }
    case VIDIOC_QBUF: queue[queued++] = ((struct v4l2_buffer *)argument)->index; return 0;
    case VIDIOC_DQBUF: return dequeue(argument);
    case VIDIOC_STREAMON: case VIDIOC_STREAMOFF: case VIDIOC_S_PARM: case VIDIOC_G_PARM: return 0;
    default: errno = EINVAL; return -1;
    }
}

int ioctl(int descriptor, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    if (descriptor == camera) return answer(request & 0xffffffffUL, argument);
    return ((int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl"))(descriptor, request, argument);
}

static void *mapped(const char *symbol, void *at, size_t length, int protection, int flags, int descriptor, off_t offset) {
    void *(*real)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, symbol);
    if (descriptor != camera || descriptor < 0) return real(at, length, protection, flags, descriptor, offset);
    return memory[offset / (4096 * 64)] = real(at, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
void *mmap(void *at, size_t length, int protection, int flags, int descriptor, off_t offset) {
    return mapped("mmap", at, length, protection, flags, descriptor, offset);
}
void *mmap64(void *at, size_t length, int protection, int flags, int descriptor, off_t offset) {
    return mapped("mmap64", at, length, protection, flags, descriptor, offset);
}

int select(int count, fd_set *read, fd_set *write, fd_set *except, struct timeval *timeout) {
    if (camera >= 0 && read && FD_ISSET(camera, read)) return 1;
    return ((int (*)(int, fd_set *, fd_set *, fd_set *, struct timeval *))dlsym(RTLD_NEXT, "select"))(
        count, read, write, except, timeout);
}
