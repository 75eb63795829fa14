package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// component is a component of CycloneDX 1.6.
type component struct {
	Type     string           `json:"type"`
	Ref      string           `json:"bom-ref"`
	Name     string           `json:"name"`
	Version  string           `json:"version"`
	PURL     string           `json:"purl"`
	Licenses []map[string]any `json:"licenses,omitempty"`
}

func componentOf(kind, path, version, licence string) component {
	purl := fmt.Sprintf("pkg:golang/%s@%s", path, version)
	c := component{Type: kind, Ref: purl, Name: path, Version: version, PURL: purl}
	switch {
	case licence == "NOASSERTION":
	case strings.Contains(licence, " "):
		c.Licenses = []map[string]any{{"expression": licence}}
	default:
		c.Licenses = []map[string]any{{"license": map[string]string{"id": licence}}}
	}
	return c
}

// bill writes what is linked as a software bill of materials (https://cyclonedx.org/docs/1.6/json).
func (r *release) bill(linked []module) error {
	program := componentOf("application", "hermes", r.version, spdx(r.license))
	parts, refs := make([]component, 0, len(linked)), make([]string, 0, len(linked))
	for _, m := range linked {
		c := componentOf("library", m.path, m.version, m.licence())
		parts, refs = append(parts, c), append(refs, c.Ref)
	}
	bom := map[string]any{
		"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
		"metadata":     map[string]any{"timestamp": r.epoch.Format(time.RFC3339), "component": program},
		"components":   parts,
		"dependencies": []map[string]any{{"ref": program.Ref, "dependsOn": refs}},
	}
	raw, err := json.Marshal(bom)
	if err != nil {
		return err
	}
	bom["serialNumber"] = "urn:uuid:" + uuidOf(raw)
	if raw, err = json.MarshalIndent(bom, "", "  "); err != nil {
		return err
	}
	return r.write("hermes-"+r.version+".cdx.json", append(raw, '\n'))
}

// uuidOf is a UUID of version 8 made of a hash, so that the same content has the same number.
func uuidOf(content []byte) string {
	h := sha256.Sum256(content)
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
