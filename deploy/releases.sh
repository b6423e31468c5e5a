# Sourced by deploy/build-deb and deploy/lock: what each Debian release gives, and what is left out.
# shellcheck shell=bash disable=SC2034  # read by the scripts that source this

releases=(bookworm trixie)
architectures=(arm64 amd64)

# describe_release RELEASE: Debian's number, its Python, its NumPy, and its C library as wheels
# name it. The figures are those of packages.debian.org.
describe_release() {
    case $1 in
    bookworm) debian=12 python_version=3.11 numpy_version=1.24.2 glibc=2_36 ;;
    trixie) debian=13 python_version=3.13 numpy_version=2.2.4 glibc=2_40 ;;
    *) return 1 ;;
    esac
}

# describe_architecture ARCHITECTURE: what wheels call it.
describe_architecture() {
    case $1 in
    arm64) machine=aarch64 ;;
    amd64) machine=x86_64 ;;
    *) return 1 ;;
    esac
}

# Dependencies that the package does not carry.
left_out=(
    # From apt, so that picamera2 and edgecam use one and the same.
    numpy
    # One interpreter is enough. The other, ai-edge-litert, is the one that is still made, has a wheel
    # for every 64-bit board and both releases, and is the faster one with the default model.
    tflite-runtime
    # What ai-edge-litert wants for its converters; its interpreter imports NumPy alone.
    backports-strenum flatbuffers ml-dtypes protobuf tqdm
)
