package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// formula writes hermes.rb for Homebrew, which installs from an archive by its checksum.
func (r *release) formula() error {
	var systems strings.Builder
	for _, s := range [][2]string{{"darwin", "on_macos"}, {"linux", "on_linux"}} {
		fmt.Fprintf(&systems, "  %s do\n", s[1])
		for _, a := range [][2]string{{"arm64", "on_arm"}, {"amd64", "on_intel"}} {
			name := r.name(s[0], a[0]) + ".tar.gz"
			raw, err := os.ReadFile(filepath.Join(r.dir, name))
			if err != nil {
				return err
			}
			fmt.Fprintf(&systems, "    %s do\n      url \"%s/%s\"\n      sha256 \"%x\"\n    end\n", a[1], r.url, name, sha256.Sum256(raw))
		}
		systems.WriteString("  end\n")
	}
	return r.write("hermes.rb", fmt.Appendf(nil, `class Hermes < Formula
  desc "Send one prompt to a language model and write the answer"
  homepage "%s"
  version "%s"
  license "%s"

%s
  def install
    bin.install "hermes"
    man1.install "hermes.1.gz"
    bash_completion.install "hermes.bash" => "hermes"
    zsh_completion.install "hermes.zsh" => "_hermes"
    fish_completion.install "hermes.fish"
    doc.install "LICENSE", "THIRD-PARTY-NOTICES.txt", "README.md", "CHANGELOG.md"
  end

  test do
    assert_match "Sandbox answer", pipe_output("#{bin}/hermes --provider sandbox", "hi")
  end
end
`, r.url, strings.TrimPrefix(r.version, "v"), spdx(r.license), systems.String()))
}
