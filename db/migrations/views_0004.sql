DROP VIEW v_findings;

DROP VIEW v_studies;

DROP VIEW v_analyses;

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
    (SELECT MAX(report.created_at) FROM report WHERE report.study_id = study.id) AS reported_at,
    normal_study.marked_at AS normal_since,
    normal_study.note AS normal_note
FROM study
LEFT JOIN normal_study ON normal_study.study_id = study.id;

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
    finding.version,
    finding.norm
FROM finding
JOIN study ON study.id = finding.study_id
LEFT JOIN measurement ON measurement.finding_id = finding.id
WHERE finding.version = COALESCE((SELECT MAX(r.version) FROM report r WHERE r.study_id = finding.study_id),
        (SELECT MAX(f.version) FROM finding f WHERE f.study_id = finding.study_id))
GROUP BY
    study.study_instance_uid, finding.sign, measurement.position, measurement.region, measurement.side,
    finding.state, finding.confidence, CAST(finding.reasons AS VARCHAR), finding.software_version,
    finding.measured_at, finding.algorithm_name, finding.algorithm_version, finding.version,
    finding.norm;

CREATE VIEW v_profiles AS
SELECT
    study.study_instance_uid,
    finding.version,
    finding.sign,
    CAST(finding.profiles AS VARCHAR) AS profiles
FROM finding
JOIN study ON study.id = finding.study_id
WHERE finding.version = COALESCE((SELECT MAX(r.version) FROM report r WHERE r.study_id = finding.study_id),
        (SELECT MAX(f.version) FROM finding f WHERE f.study_id = finding.study_id))
    AND finding.profiles IS NOT NULL;

CREATE VIEW v_analyses AS
SELECT
    study.study_instance_uid,
    analysis.version,
    analysis.name,
    analysis.status,
    analysis.attempts,
    analysis.error,
    analysis.software_version,
    analysis.started_at,
    analysis.finished_at,
    analysis.norms_version
FROM analysis
JOIN study ON study.id = analysis.study_id;

CREATE VIEW v_norms AS
SELECT
    norms_version.id AS version,
    norms_version.created_at,
    norms_version.who,
    norms_version.software_version,
    norms_version.studies,
    norms_version.withdrawn_at,
    norms_version.withdrawn_by
FROM norms_version;
