# shellcheck shell=bash
# shellcheck disable=SC2154 # shared with scripts/eks
# A volume of the cluster's pods from one of its copies.

# restore_volume CLAIM [SNAPSHOT]: makes the volume, and prints the objects that give it to the claim.
restore_volume() {
    local claim=${1:-} snapshot=${2:-} found volume size zone new made_for=Name=tag:kubernetes.io/created-for/pvc
    [[ $claim =~ ^[a-z0-9][a-z0-9.-]*$ && ($# == 1 || $snapshot == snap-*) ]] ||
        misuse "restore-volume needs the name of a claim, and may get the id of a snapshot"
    need aws "install the AWS command line"
    check_account "$environment/foundation.tfvars"
    give_up_on_problems
    # AWS Backup copies the tags, by which the driver says whose a volume is.
    found=$(ec2 describe-snapshots --owner-ids self \
        --filters "$made_for/name,Values=$claim" "$made_for/namespace,Values=$namespace" Name=status,Values=completed \
        --query 'sort_by(Snapshots, &StartTime)[].[SnapshotId, VolumeId, VolumeSize]' --output text)
    [[ -z $snapshot ]] || found=$(grep "^${snapshot}[[:space:]]" <<<"$found") ||
        fail "$snapshot is not a snapshot of the volume of $namespace/$claim" "without an id, the newest copy is taken"
    read -r snapshot volume size <<<"$(tail -n 1 <<<"$found")"
    [[ -n $snapshot && $snapshot != None ]] ||
        fail "there is no snapshot of the volume of $namespace/$claim" "kubectl --namespace $namespace get persistentvolumeclaims lists the claims"
    zone=${ZONE:-$(ec2 describe-volumes --volume-ids "$volume" --query 'Volumes[0].AvailabilityZone' --output text 2>&1)} ||
        [[ $zone == *InvalidVolume.NotFound* ]] || fail "the volume $volume cannot be read: $zone" "the credentials need ec2:DescribeVolumes"
    [[ $zone != *InvalidVolume.NotFound* ]] ||
        fail "the volume $volume is gone, so nobody knows in which zone a new one is of use" "ZONE=us-east-1a scripts/eks restore-volume $claim $snapshot, with the zone of a node"
    new=$(ec2 create-volume --snapshot-id "$snapshot" --availability-zone "$zone" --volume-type gp3 \
        --tag-specifications "ResourceType=volume,Tags=[{Key=Project,Value=rideshare},{Key=Environment,Value=$environment_name},{Key=Layer,Value=platform},{Key=ManagedBy,Value=terraform},{Key=ebs.csi.aws.com/cluster,Value=true},{Key=kubernetes.io/created-for/pvc/name,Value=$claim},{Key=kubernetes.io/created-for/pvc/namespace,Value=$namespace}]" \
        --query VolumeId --output text)
    ec2 wait volume-available --volume-ids "$new"
    say "$new of $size GiB in $zone is made of $snapshot"
    volume_and_claim "$claim" "$new" "$size" "$zone"
}

ec2() {
    aws --region "$region" ec2 "$@"
}

# volume_and_claim CLAIM VOLUME GIB ZONE
volume_and_claim() {
    cat <<END
apiVersion: v1
kind: PersistentVolume
metadata:
  name: $2
spec:
  accessModes: [ReadWriteOnce]
  capacity: {storage: $3Gi}
  claimRef: {namespace: $namespace, name: $1}
  csi: {driver: ebs.csi.aws.com, fsType: ext4, volumeHandle: $2}
  nodeAffinity:
    required:
      nodeSelectorTerms:
        - matchExpressions:
            - {key: topology.kubernetes.io/zone, operator: In, values: [$4]}
  persistentVolumeReclaimPolicy: Delete
  storageClassName: gp3
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: $1
  namespace: $namespace
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: $3Gi}}
  storageClassName: gp3
  volumeName: $2
END
}
