DROP VIEW v_measurements;

DROP VIEW v_findings;

DROP VIEW v_studies;

CREATE VIEW v_studies AS
SELECT
    study.study_instance_uid,
    study.status,
    study.status_reason,
    study.version,
    study.complete,
    study.patient_id,
    study.patient_name,
    study.accession_number,
    study.study_date,
    study.study_description,
    study.first_received_at,
    study.last_received_at,
    study.settled_at,
    (SELECT COUNT(*) FROM series WHERE series.study_id = study.id) AS series,
    (SELECT COUNT(*) FROM instance JOIN series ON series.id = instance.series_id
        WHERE series.study_id = study.id) AS instances,
    (SELECT COUNT(*) FROM finding WHERE finding.study_id = study.id AND finding.state = 'present'
        AND finding.version = COALESCE((SELECT MAX(r.version) FROM report r WHERE r.study_id = study.id),
        (SELECT MAX(f.version) FROM finding f WHERE f.study_id = study.id))) AS signs_present,
    (SELECT COUNT(*) FROM finding WHERE finding.study_id = study.id AND finding.state IN ('present', 'absent')
        AND finding.version = COALESCE((SELECT MAX(r.version) FROM report r WHERE r.study_id = study.id),
        (SELECT MAX(f.version) FROM finding f WHERE f.study_id = study.id))) AS signs_evaluable,
    (SELECT MAX(report.created_at) FROM report WHERE report.study_id = study.id) AS reported_at
FROM study;

CREATE VIEW v_findings AS
SELECT
    study.study_instance_uid,
    finding.sign,
    measurement.region,
    measurement.side,
    finding.state,
    finding.confidence,
    MAX(CASE WHEN measurement.quantity = 'ratio' THEN measurement.value END) AS ratio,
    MAX(CASE WHEN measurement.quantity = 'z_score' THEN measurement.value END) AS z_score,
    CAST(finding.reasons AS VARCHAR) AS reasons,
    finding.software_version,
    finding.measured_at,
    finding.algorithm_name,
    finding.algorithm_version,
    finding.version
FROM finding
JOIN study ON study.id = finding.study_id
LEFT JOIN measurement ON measurement.finding_id = finding.id
WHERE finding.version = COALESCE((SELECT MAX(r.version) FROM report r WHERE r.study_id = finding.study_id),
        (SELECT MAX(f.version) FROM finding f WHERE f.study_id = finding.study_id))
GROUP BY
    study.study_instance_uid, finding.sign, measurement.position, measurement.region, measurement.side,
    finding.state, finding.confidence, CAST(finding.reasons AS VARCHAR), finding.software_version,
    finding.measured_at, finding.algorithm_name, finding.algorithm_version, finding.version;

CREATE VIEW v_measurements AS
SELECT
    study.study_instance_uid,
    finding.version,
    finding.sign,
    measurement.position,
    measurement.region,
    measurement.side,
    measurement.quantity,
    measurement.value,
    measurement.unit
FROM measurement
JOIN finding ON finding.id = measurement.finding_id
JOIN study ON study.id = finding.study_id
WHERE finding.version = COALESCE((SELECT MAX(r.version) FROM report r WHERE r.study_id = finding.study_id),
        (SELECT MAX(f.version) FROM finding f WHERE f.study_id = finding.study_id));
